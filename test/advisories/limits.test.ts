import { describe, expect, test } from 'vitest';
import { FrameCollector } from '../helpers/frames.js';
import { turns } from '../helpers/turns.js';
import { ENDS } from './attacked.js';

const MEBIBYTE = 2 ** 20;

describe.each(ENDS)('%s', (_, attack) => {
  test('CVE-2026-9675, CVE-2014-0193: fragments of 400 bytes with a limit of 1000 fail with 1009 at the third header', async () => {
    const attacked = await attack({ maxMessageSize: 1000 });
    attacked.attacker.write(attacked.frame({ fin: false, payload: new Uint8Array(400) }));
    attacked.attacker.write(attacked.frame({ fin: false, opcode: 0, payload: new Uint8Array(400) }));
    await turns();
    expect(attacked.connection.state).toBe('open');
    attacked.attacker.write(attacked.header({ fin: false, opcode: 0, length: 400n }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1009 /)]);
  });

  test('CVE-2026-48779, CVE-2026-12151: one empty fragment above the limit fails with 1008', async () => {
    const attacked = await attack({ maxFragments: 100 });
    const fragments = [attacked.frame({ fin: false, opcode: 1 })];
    while (fragments.length < 100) fragments.push(attacked.frame({ fin: false, opcode: 0 }));
    attacked.attacker.write(Buffer.concat(fragments));
    await turns();
    expect(attacked.connection.state).toBe('open');
    attacked.attacker.write(attacked.frame({ fin: false, opcode: 0 }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1008 /)]);
  });

  test('CVE-2026-48779: an unfinished message just below the fragment limit holds bounded memory', async () => {
    const attacked = await attack();
    const before = process.memoryUsage().arrayBuffers;
    const fragment = Buffer.from(attacked.frame({ fin: false, opcode: 0, payload: 'x' }));
    attacked.attacker.write(attacked.frame({ fin: false, opcode: 2, payload: 'x' }));
    for (let sent = 1; sent < 131_071; sent += 13_107) {
      attacked.attacker.write(Buffer.concat(Array.from({ length: 13_107 }, () => fragment)));
      await turns(3);
    }
    attacked.attacker.write(attacked.frames.ping('done'));
    expect(await attacked.saw(1)).toEqual(['pong "done"']);
    // This includes about 2 MiB of the test's own output.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MEBIBYTE);
    expect(attacked.connection.state).toBe('open');
  });

  test('CVE-2026-12151: 20,000 messages of one frame each do not count as fragments of one message', async () => {
    const attacked = await attack({ maxFragments: 2 });
    let count = 0;
    attacked.connection.on('message', () => count++);
    const message = attacked.frames.text('x');
    attacked.attacker.write(Buffer.concat(Array.from({ length: 20_000 }, () => message)));
    attacked.attacker.write(attacked.frames.close(1000));
    expect(await attacked.saw(1)).toEqual(['close 1000']);
    expect(count).toBe(20_000);
  });

  test('ws 8.23: 50,000 Pings from a peer that does not read keep bufferedAmount bounded', async () => {
    const attacked = await attack();
    const { attacker, connection, frames } = attacked;
    attacker.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frames.ping('x'.repeat(125))));
    let most = 0;
    for (let i = 0; i < 100; i++) {
      attacker.write(pings);
      await turns(2);
      most = Math.max(most, connection.bufferedAmount);
    }
    attacker.write(frames.ping('last'));
    await turns();
    attacker.socket.resume();
    await attacker.until(() => {
      const collector = new FrameCollector(connection.role);
      collector.push(Buffer.from(attacker.received));
      return collector.frames.at(-1)?.payload.toString() === 'last';
    });
    expect(most).toBeLessThan(256 * 1024);
    expect(connection.state).toBe('open');
  });

  test('QEMU CVE-2017-15268: send() to a slow reader returns false, and maxBufferedAmount ends the connection', async () => {
    const { attacker, connection } = await attack({ highWaterMark: 65_536, maxBufferedAmount: MEBIBYTE });
    attacker.socket.pause();
    const message = Buffer.alloc(65_536);
    const answers: Array<boolean | undefined> = [];
    let most = 0;
    for (let i = 0; i < 1_000 && connection.state === 'open'; i++) {
      answers.push(connection.send(message));
      most = Math.max(most, connection.bufferedAmount);
      await turns(1);
    }
    expect(answers).toContain(false);
    expect(most).toBeLessThanOrEqual(MEBIBYTE + message.length + 65_536);
    expect(await connection.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_BACKPRESSURE' } });
  });
});
