import { describe, expect, test } from 'vitest';
import { connect, WebSocketServer } from '../../src/index.js';
import { headerOf, request } from '../helpers/http-heads.js';
import { httpServer } from '../helpers/http-server.js';
import { openServer, watch } from '../helpers/open-server.js';
import { type RawPeer, rawConnect, rawServer } from '../helpers/raw-peer.js';

/** A masked text frame, as the body of a request. */
const FRAME = '\x81\x81\0\0\0\0A';

async function refused(peer: RawPeer): Promise<string> {
  const head = await peer.head();
  await peer.ended;
  expect(headerOf(head, 'Connection')).toMatch(/^close\b/);
  return head;
}

describe('a server on its own port', () => {
  test.each([
    ['Content-Length', ['Content-Length: 7'], FRAME],
    ['Transfer-Encoding', ['Transfer-Encoding: chunked'], `7\r\n${FRAME}\r\n0\r\n\r\n`],
    ['both', ['Content-Length: 7', 'Transfer-Encoding: chunked'], FRAME],
  ])(
    'aiohttp GHSA-mfx4-hv73-q22v: an upgrade with a body (%s) is refused with 400, and the body is not read as a frame',
    async (_, add, body) => {
      const { port, connections } = await openServer();
      const peer = await rawConnect(port);
      peer.write(request({ add }) + body);
      expect(await refused(peer)).toMatch(/^HTTP\/1\.1 400 /);
      expect(connections).toEqual([]);
    },
  );

  test.each([
    ['no Connection', { Connection: undefined }],
    ['no Upgrade', { Upgrade: undefined }],
    ['Connection: keep-alive', { Connection: 'keep-alive' }],
    ['Upgrade: h2c', { Upgrade: 'h2c' }],
  ])(
    'netty CVE-2026-59898: a request with %s is refused, and a pipelined second request is not answered',
    async (_, set) => {
      const { port, connections } = await openServer();
      const peer = await rawConnect(port);
      peer.write(request({ set }) + request());
      expect(await refused(peer)).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(peer.text).not.toContain('HTTP/1.1');
      expect(connections).toEqual([]);
    },
  );
});

test('aiohttp GHSA-mfx4-hv73-q22v: a node:http server refuses an upgrade with a body', async () => {
  const { server, port } = await httpServer();
  const { connections } = watch(new WebSocketServer({ server }));
  const peer = await rawConnect(port);
  peer.write(request({ add: ['Content-Length: 7'] }) + FRAME);
  expect(await refused(peer)).toMatch(/^HTTP\/1\.1 400 /);
  expect(connections).toEqual([]);
});

describe('connect() rejects before anything is opened', () => {
  test.each<[id: string, options: Parameters<typeof connect>[1]]>([
    ['undici CVE-2026-1527: CR LF in a header', { headers: { 'X-A': 'b\r\nX-C: d' } }],
    ['undici CVE-2026-1527: CR LF in the name of a header', { headers: { 'X-A: b\r\nX-C': 'd' } }],
    ['undici CVE-2026-1527: CR LF in a subprotocol', { subprotocols: ['a\r\nX-C: d'] }],
    ['undici CVE-2026-1527: CR LF in the origin', { origin: 'http://a\r\nX-C: d' }],
    ['Node CVE-2016-2216: U+010D U+010A in a header', { headers: { 'X-A': 'b\u010d\u010aX-C: d' } }],
    ['Node CVE-2016-2216: U+010D U+010A in the origin', { origin: 'http://a\u010d\u010aX-C: d' }],
  ])('%s', async (_, options) => {
    const server = await rawServer();
    await expect(connect(`ws://127.0.0.1:${server.port}/`, options)).rejects.toThrow(RangeError);
    expect(server.peers).toEqual([]);
  });

  test('undici CVE-2026-1527, Node CVE-2016-2216: CR LF, and U+010D U+010A, are percent-encoded in the URL', async () => {
    const heads: string[] = [];
    const server = await rawServer(async peer => {
      heads.push(await peer.head());
      peer.socket.end();
    });
    for (const path of ['/a%0d%0aX-C:%20d', '/\u010d\u010aX-C: d', '/?q=\u010d\u010aX-C']) {
      await connect(`ws://127.0.0.1:${server.port}${path}`).catch(() => {});
    }
    for (const head of heads) expect(head.split(/\r\n|\r|\n/)).toHaveLength(8);
  });
});

describe('a refusal', () => {
  test.each([
    ['undici CVE-2026-1527: CR LF', { 'X-A': 'b\r\nX-C: d' }],
    ['Node CVE-2016-2216: U+010D U+010A', { 'X-A': 'b\u010d\u010aX-C: d' }],
  ])('%s in a header responds with 500, without the header', async (_, headers) => {
    const { port, failures } = await openServer({ authorize: () => ({ status: 403, headers }) });
    const peer = await rawConnect(port);
    peer.write(request());
    const head = await refused(peer);
    expect(head).toMatch(/^HTTP\/1\.1 500 /);
    expect(head).not.toContain('X-');
    expect(failures).toHaveLength(1);
  });
});
