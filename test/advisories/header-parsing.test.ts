import { describe, expect, test } from 'vitest';
import { parseExtensions } from '../../src/handshake/extension-header.js';
import { ServerHandshake } from '../../src/handshake/http1/server-handshake.js';
import { WebSocketServer } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { httpServer } from '../helpers/http-server.js';
import { openServer, watch } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

/** Returns the status that a server responds with. */
async function statusOf(text: string): Promise<number> {
  const { port } = await openServer();
  const peer = await rawConnect(port);
  peer.write(text);
  return Number((await peer.head()).slice(9, 12));
}

describe('a server', () => {
  test('ws 3.3.1, Node CVE-2026-21710: __proto__, constructor and hasOwnProperty are treated like any other name', async () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
      const add = [`${name}: a`, `Sec-WebSocket-Extensions: ${name}; ${name}=1`, `Sec-WebSocket-Protocol: ${name}`];
      expect(await statusOf(request({ add }))).toBe(101);
    }
  });

  test('ws CVE-2021-32640, websocket-extensions CVE-2020-7662, Deno CVE-2023-26103: long runs of spaces, quoted pairs and commas are refused', async () => {
    const bytes = 14_000;
    for (const value of [`b${' '.repeat(bytes)}x`, `a; b="${'\\c'.repeat(bytes / 2)}`, `${' ,'.repeat(bytes / 2)};`]) {
      expect(await statusOf(request({ add: [`Sec-WebSocket-Extensions: ${value}`] }))).toBe(400);
    }
  });

  test('Cowboy CVE-2026-65624: 2,000 header lines are refused with 431, whether unique or repeated', async () => {
    expect(await statusOf(request({ add: Array.from({ length: 2_000 }, (_, i) => `${i}:`) }))).toBe(431);
    expect(await statusOf(request({ add: Array.from({ length: 2_000 }, () => 'a:') }))).toBe(431);
  });

  test.each([
    ['in latin1', 'caf\xe9'],
    ['in UTF-8', 'chat\xc3\xa9'],
    ['NUL', 'a\0b'],
  ])('Non-ASCII Sec-WebSocket-Protocol, %s, is refused with 400', async (_, value) => {
    expect(await statusOf(request({ add: [`Sec-WebSocket-Protocol: ${value}`] }))).toBe(400);
  });
});

test('ws CVE-2024-37890: a node:http server finds an Upgrade header beyond its header count, or refuses the request', async () => {
  const { server, port } = await httpServer();
  server.maxHeadersCount = 2;
  const { connections } = watch(new WebSocketServer({ server }));
  const peer = await rawConnect(port);
  peer.write(
    'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  // Node up to 22 drops headers beyond the count from `headers`, not from `rawHeaders`. Node 24 refuses the request.
  const head = await peer.head();
  expect(head).toMatch(/^HTTP\/1\.1 (101|431) /);
  expect(connections).toHaveLength(head.includes(' 101 ') ? 1 : 0);
});

describe('Node CVE-2026-21717: header names that are integers, whose hashes are predictable', () => {
  /** Their last 13 bits are equal: these select the bucket in a hash table of this size. */
  const colliding = (count: number) => Array.from({ length: count }, (_, i) => String(i * 8_192));

  /** Returns the best of ten runs, because other programs may run at the same time. */
  function time(act: () => unknown): number {
    return Math.min(
      ...Array.from({ length: 10 }, () => {
        const start = performance.now();
        act();
        return performance.now() - start;
      }),
    );
  }

  test('101 header lines are too many', () => {
    const read = (count: number) =>
      new ServerHandshake().receive(Buffer.from(request({ add: colliding(count).map(name => `${name}:`) })));
    expect(read(90)).toMatchObject({ method: 'GET' });
    expect(read(101)).toMatchObject({ status: 431 });
    expect(time(() => read(90))).toBeLessThan(5);
  });

  test('1,600 parameters of an extension are parsed in less than 5 ms', () => {
    const value = `a; ${colliding(1_600).join('; ')}`;
    expect(parseExtensions([value])?.[0]?.parameters).toHaveLength(1_600);
    expect(time(() => parseExtensions([value]))).toBeLessThan(5);
  });
});
