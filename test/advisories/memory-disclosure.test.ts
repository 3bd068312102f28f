import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { FRAMES } from '../helpers/frames.js';
import { openServer } from '../helpers/open-server.js';
import { rawOpen } from '../helpers/raw-peer.js';
import { turns } from '../helpers/turns.js';
import { ENDS } from './attacked.js';

describe.each(ENDS)('%s', (_, attack) => {
  test('ws CVE-2026-45736: close(1000, new Float32Array(20)) rejects with a TypeError and sends nothing', async () => {
    const { attacker, connection } = await attack();
    await expect(connection.close(1000, new Float32Array(20) as never)).rejects.toThrow(TypeError);
    await turns();
    expect(attacker.received).toHaveLength(0);
    expect(connection.state).toBe('open');
  });

  test('ws CVE-2016-10518: ping(number) rejects and send(number) throws a TypeError, and nothing is sent', async () => {
    const { attacker, connection } = await attack();
    await expect(connection.ping(100 as never)).rejects.toThrow(TypeError);
    expect(() => connection.send(100 as never)).toThrow(TypeError);
    await turns();
    expect(attacker.received).toHaveLength(0);
  });
});

test('ws 8.22.2: an idle connection does not keep its last chunk of 64 KiB alive', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const held = async () => {
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await turns(3);
    }
    return process.memoryUsage().arrayBuffers;
  };
  const { port, connections } = await openServer();
  const peers = await Promise.all(Array.from({ length: 100 }, () => rawOpen(port)));
  const kept: unknown[] = [];
  for (const connection of connections) {
    connection.on('message', data => {
      if (typeof data !== 'string') kept.push(data);
    });
  }
  const before = await held();
  for (const peer of peers) {
    // One chunk contains a long text, a message of 4 bytes, and the next header up to the middle of its masking key.
    peer.write(
      Buffer.concat([
        FRAMES.client.text('x'.repeat(60_000)),
        FRAMES.client.binary(Buffer.from('text')),
        FRAMES.client.binary(Buffer.from('next')).subarray(0, 4),
      ]),
    );
  }
  while (kept.length < peers.length) await turns();
  expect((await held()) - before).toBeLessThan(peers.length * 8_192);
});
