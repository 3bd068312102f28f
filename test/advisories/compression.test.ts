import { setImmediate } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/index.js';
import { headerOf, request, switchingProtocols } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect, rawServer } from '../helpers/raw-peer.js';
import { turns } from '../helpers/turns.js';
import { ENDS } from './attacked.js';

const MEBIBYTE = 2 ** 20;
const RSV1 = 0x40;

function deflated(data: string | Uint8Array, options = {}): Buffer {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

/** 64 MiB of zeros in 65 KB. */
const BOMB = deflated(Buffer.alloc(64 * MEBIBYTE), { level: 9 });

describe.each(ENDS)('%s with compression', (_, attack) => {
  test('undici CVE-2026-1526, websockets CVE-2018-1000518, websocket-driver CVE-2026-54490: 64 MiB of zeros in 65 KB close the connection with 1009', async () => {
    expect(BOMB.length).toBeLessThan(66_000);
    const attacked = await attack({ perMessageDeflate: true, maxMessageSize: MEBIBYTE });
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    let isOver = false;
    const sample = async () => {
      while (!isOver) {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        await setImmediate();
      }
    };
    const sampling = sample();
    attacked.attacker.write(attacked.frame({ rsv: RSV1, payload: BOMB }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1009 /)]);
    isOver = true;
    await sampling;
    // The limit, one chunk, and the bomb: as written, in transit, and assembled.
    expect(peak).toBeLessThan(MEBIBYTE + 65_536 + 6 * BOMB.length);
    expect(attacked.connection.state).not.toBe('open');
  });

  test('websocket-driver CVE-2026-54490: a bomb in small fragments closes the connection with 1009', async () => {
    const attacked = await attack({ perMessageDeflate: true, maxMessageSize: MEBIBYTE });
    for (let at = 0; at < BOMB.length; at += 1_000) {
      const isLast = at + 1_000 >= BOMB.length;
      const first = at === 0 ? { opcode: 2, rsv: RSV1 } : { opcode: 0 };
      attacked.attacker.write(attacked.frame({ ...first, fin: isLast, payload: BOMB.subarray(at, at + 1_000) }));
    }
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1009 /)]);
  });

  test('late zlib error: aborting 20 connections while an invalid message is inflated does not crash', async () => {
    const broken = Buffer.concat([deflated(Buffer.alloc(100_000), { level: 0 }), Buffer.from([0xff, 0xff])]);
    for (let i = 0; i < 20; i++) {
      const attacked = await attack({ perMessageDeflate: true });
      attacked.attacker.write(attacked.frame({ rsv: RSV1, payload: broken }));
      attacked.attacker.write(attacked.frame({ opcode: 9 }));
      await attacked.attacker.frames(attacked.connection.role, 1);
      await turns(i % 5);
      if (i % 2 === 0) attacked.connection.terminate();
      else attacked.attacker.reset();
      await attacked.connection.closed;
    }
    // This message is inflated after those that the thread pool had started.
    const attacked = await attack({ perMessageDeflate: true });
    attacked.attacker.write(attacked.frame({ rsv: RSV1, payload: broken }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1007/)]);
  });

  test('aiohttp CVE-2026-59881: a Pong before compressed data, or between its fragments, is accepted', async () => {
    const attacked = await attack({ perMessageDeflate: true });
    const hello = deflated('Hello');
    const messages: unknown[] = [];
    const both = new Promise<void>(resolve => {
      attacked.connection.on('message', data => messages.push(data) === 2 && resolve());
    });
    attacked.attacker.write(attacked.frame({ opcode: 10 }));
    attacked.attacker.write(attacked.frame({ opcode: 1, rsv: RSV1, payload: hello }));
    attacked.attacker.write(attacked.frame({ opcode: 1, rsv: RSV1, fin: false, payload: hello.subarray(0, 3) }));
    attacked.attacker.write(attacked.frame({ opcode: 10, payload: 'x' }));
    attacked.attacker.write(attacked.frame({ opcode: 0, payload: hello.subarray(3) }));
    await both;
    expect(messages).toEqual(['Hello', 'Hello']);
    attacked.attacker.write(attacked.frame({ opcode: 10, rsv: RSV1 }));
    expect((await attacked.connection.closed).sent?.code).toBe(1002);
  });
});

test.each(ENDS)(
  'aiohttp CVE-2026-59881: RSV1 at %s without a negotiated extension closes with 1002',
  async (_, attack) => {
    const attacked = await attack();
    attacked.attacker.write(attacked.frame({ opcode: 1, rsv: RSV1, payload: deflated('Hello') }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1002 /)]);
  },
);

describe('undici CVE-2026-2229: server_max_window_bits', () => {
  const WRONG = ['7', '16', '08', '1000', '0', '-8', '1e1', '""', '"8 "', 'NaN'].map(value => `=${value}`);
  const MALFORMED = [...WRONG, '', '=10; server_max_window_bits=10'];

  test.each(MALFORMED)('a server declines or refuses %j in an offer', async value => {
    const { port } = await openServer({ perMessageDeflate: true });
    const peer = await rawConnect(port);
    peer.write(request({ add: [`Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits${value}`] }));
    const head = await peer.head();
    if (head.startsWith('HTTP/1.1 101')) expect(headerOf(head, 'Sec-WebSocket-Extensions')).toBeUndefined();
    else expect(head).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each(MALFORMED)('a client fails the handshake for %j in the response', async value => {
    const line = `Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits${value}`;
    const server = await rawServer(async peer => peer.write(switchingProtocols(await peer.head(), line)));
    await expect(connect(`ws://127.0.0.1:${server.port}/`, { perMessageDeflate: true })).rejects.toMatchObject({
      phase: 'response',
    });
  });
});
