import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect, WebSocketServer } from '../../src/index.js';
import { hex } from '../helpers/bytes.js';
import { FRAMES } from '../helpers/frames.js';
import { request, switchingProtocols } from '../helpers/http-heads.js';
import { rawConnect, rawOpen, rawServer } from '../helpers/raw-peer.js';

/** Uncaught exceptions, unhandled rejections and warnings. */
const fatal: unknown[] = [];
const note = (reason: unknown) => void fatal.push(reason);

beforeEach(() => {
  fatal.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
  vi.spyOn(process, 'emitWarning').mockImplementation(note);
});

afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  vi.restoreAllMocks();
});

/** Opens a server without any listener of the application. */
async function bareServer(): Promise<{ port: number; survives(): Promise<void> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close({ timeout: 0 }));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    survives: async () => {
      const next = await rawConnect(port);
      next.write(request());
      expect(await next.head()).toMatch(/^HTTP\/1\.1 101 /);
      next.write(FRAMES.client.ping('alive?'));
      expect(await next.frames('server', 1)).toMatchObject([{ opcode: 10, payload: Buffer.from('alive?') }]);
      expect(fatal).toEqual([]);
    },
  };
}

describe('a server without listeners survives', () => {
  test.each([
    ['@fastify/websocket CVE-2022-39386: 14 bytes FF, an entirely invalid header', 'FF '.repeat(14)],
    ['mercurius CVE-2023-22477: A2 00, a reserved bit', 'A2 00'],
    ['mercurius CVE-2023-22477: A2 80 and a masking key', 'A2 80 00 00 00 00'],
    ['engine.io CVE-2022-21676: 81 01 31, an unmasked frame', '81 01 31'],
    ['engine.io CVE-2023-31125: 88 81 00 00 00 00 31, a Close frame of one byte', '88 81 00 00 00 00 31'],
    ['socket.io CVE-2024-38355: 81 81 00 00 00 00 FF, text that is not UTF-8', '81 81 00 00 00 00 FF'],
  ])('%s', async (_, bytes) => {
    const server = await bareServer();
    const attacker = await rawOpen(server.port);
    attacker.write(hex(bytes));
    const [close] = await attacker.frames('server', 1);
    expect(close).toMatchObject({ opcode: 8 });
    await attacker.ended;
    await server.survives();
  });

  test.each([
    [
      'sockjs CVE-2020-7693: an Upgrade header without the other headers',
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['engine.io CVE-2022-41940: a request that is not HTTP', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'],
    ['engine.io CVE-2023-31125: a query that is malformed', 'GET /?%E0%A4%A&EIO=4 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s', async (_, text) => {
    const server = await bareServer();
    const attacker = await rawConnect(server.port);
    attacker.write(text);
    expect(await attacker.head()).toMatch(/^HTTP\/1\.1 4\d\d /);
    await attacker.ended;
    await server.survives();
  });

  test('engine.io CVE-2022-41940: a reset after each byte of the opening handshake and of a frame', async () => {
    const server = await bareServer();
    const bytes = Buffer.concat([Buffer.from(request()), FRAMES.client.text('hello')]);
    for (let sent = 0; sent <= bytes.length; sent++) {
      const attacker = await rawConnect(server.port);
      attacker.socket.write(bytes.subarray(0, sent), () => attacker.reset());
      await attacker.closed;
    }
    await server.survives();
  });
});

describe('a client without listeners survives', () => {
  test.each([
    ['@fastify/websocket CVE-2022-39386: 14 bytes FF', 'FF '.repeat(14)],
    ['mercurius CVE-2023-22477: A2 00', 'A2 00'],
    ['engine.io CVE-2022-21676: 81 81 00 00 00 00 31, a masked frame', '81 81 00 00 00 00 31'],
    ['socket.io CVE-2024-38355: 81 01 FF, text that is not UTF-8', '81 01 FF'],
  ])('%s', async (_, bytes) => {
    const server = await rawServer(async peer => {
      peer.write(switchingProtocols(await peer.head()));
      peer.write(hex(bytes));
      await peer.ended;
      peer.socket.end();
    });
    const connection = await connect(`ws://127.0.0.1:${server.port}/`);
    await connection.closed;
    expect(fatal).toEqual([]);
  });

  test('engine.io CVE-2022-41940: a reset after each byte of the response', async () => {
    let left = 0;
    const server = await rawServer(async peer => {
      const bytes = switchingProtocols(await peer.head());
      peer.socket.write(Buffer.from(bytes, 'latin1').subarray(0, left), () => peer.reset());
    });
    const outcomes = new Set<string>();
    for (left = 0; left < 140; left += 3) {
      await connect(`ws://127.0.0.1:${server.port}/`).then(
        async connection => outcomes.add(`closed ${(await connection.closed).code}`),
        error => outcomes.add(error.code),
      );
    }
    expect([...outcomes].sort()).toEqual(['WS101_HANDSHAKE_FAILED', 'closed 1006']);
    expect(fatal).toEqual([]);
  });
});
