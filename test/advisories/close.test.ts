import { describe, expect, test } from 'vitest';
import { openServer } from '../helpers/open-server.js';
import { rawOpen } from '../helpers/raw-peer.js';
import { turns } from '../helpers/turns.js';
import { ENDS } from './attacked.js';

test('Tomcat CVE-2024-23672: peers that never finish a close are gone after closeTimeout', async () => {
  const { server, port, connections } = await openServer({ closeTimeout: 100 });
  const peers = await Promise.all(Array.from({ length: 20 }, () => rawOpen(port)));
  const closed = connections.map((connection, i) => (i % 2 === 0 ? connection.close(1001) : connection.closed));
  // Every second peer sends a Close frame. None of them reads, answers, or ends TCP.
  for (const peer of peers) peer.socket.pause();
  for (const [i, peer] of peers.entries()) if (i % 2 === 1) peer.write(Buffer.from('888000000000', 'hex'));
  await Promise.all(closed);
  expect(server.clients.size).toBe(0);
});

describe.each(ENDS)('%s', (_, attack) => {
  test('Tomcat CVE-2022-25762: a send() that races close() sends nothing after the Close frame, and does not throw', async () => {
    const { attacker, connection, frames } = await attack();
    const answers: Array<boolean | undefined> = [];
    connection.on('message', () => {
      answers.push(connection.send('before'));
      void connection.close(1000);
      answers.push(connection.send('after'));
      void connection.sendStream(['after']).then(sent => answers.push(sent));
      void connection.ping('after');
    });
    connection.on('close', () => answers.push(connection.send('closed')));
    attacker.write(frames.text('go'));
    const role = connection.role;
    await attacker.frames(role, 2);
    attacker.write(frames.close(1000));
    if (role === 'client') attacker.socket.end();
    await connection.closed;
    await turns();
    expect((await attacker.frames(role, 2)).map(({ opcode }) => opcode)).toEqual([1, 8]);
    expect(attacker.received).toHaveLength(role === 'client' ? 12 + 8 : 8 + 4);
    expect(answers).toEqual([true, undefined, false, undefined]);
  });

  test('ws 8.22.0: close(9999) rejects, and the connection stays open', async () => {
    const { attacker, connection, frames } = await attack();
    for (const code of [9999, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
      await expect(connection.close(code)).rejects.toThrow(RangeError);
    }
    expect(connection.state).toBe('open');
    attacker.write(frames.ping('still?'));
    expect(await attacker.frames(connection.role, 1)).toMatchObject([{ opcode: 10, payload: Buffer.from('still?') }]);
  });
});
