import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { beforeEach, describe, expect, type MockInstance, onTestFinished, test, vi } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../../src/index.js';
import { request } from '../../helpers/http-heads.js';
import { watch } from '../../helpers/open-server.js';
import { rawConnect } from '../../helpers/raw-peer.js';

type Listener = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;

const THEIRS = 'HTTP/1.1 101 Theirs\r\n\r\n';

let warned: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  return () => warned.mockRestore();
});

/** How the process was warned, by what the message says of the other answer. */
function warnings(): string[] {
  return warned.mock.calls.map(([text]) => /answered a request (\w+)/.exec(String(text))?.[1] ?? String(text));
}

/** A server of node:http with our server on `/chat`, and another listener before or after it. */
async function shared(
  order: 'before' | 'after',
  theirs: Listener,
  options: ServerOptions<unknown> = { path: '/chat', closeTimeout: 100 },
): Promise<{ port: number; ours: ReturnType<typeof watch> }> {
  const httpServer = http.createServer((_request, response) => void response.end('a page'));
  if (order === 'before') httpServer.on('upgrade', theirs);
  const ours = watch(new WebSocketServer({ server: httpServer, ...options }));
  if (order === 'after') httpServer.on('upgrade', theirs);
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  onTestFinished(() => {
    httpServer.close();
    httpServer.closeAllConnections();
  });
  return { port: (httpServer.address() as AddressInfo).port, ours };
}

/** Answers as ws does: writes a 101, and reads. */
const accept: Listener = (_incoming, socket) => {
  socket.write(THEIRS);
  socket.on('error', () => {}).on('data', () => {});
};

/** Refuses as ws does for a path that is not its own. */
const refuse: Listener = (_incoming, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');

describe('another listener that answers first', () => {
  test.each([
    ['by a 101', accept, ' 101 Theirs'],
    [
      'by a 101 that it writes without reading',
      (_: unknown, socket: Duplex) => void socket.write(THEIRS),
      ' 101 Theirs',
    ],
    ['by a refusal', refuse, ' 400 Bad Request'],
  ])('%s keeps the request, and the process is warned once', async (_, theirs, answer) => {
    const { port, ours } = await shared('before', theirs);
    for (let i = 0; i < 2; i++) {
      const peer = await rawConnect(port);
      peer.write(request());
      expect(await peer.head()).toContain(answer);
      peer.socket.destroy();
    }
    expect([ours.connections, ours.refusals]).toEqual([[], []]);
    expect(warnings()).toEqual(['before']);
    expect(warned.mock.calls[0]![1]).toEqual({ type: 'WebSocketWarning', code: 'WS101_UPGRADE_TAKEN' });
  });

  test('is not suspected if the bytes belong to the response to an earlier request on the same socket', async () => {
    const { port, ours } = await shared('before', () => {});
    const peer = await rawConnect(port);
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await peer.until(() => peer.text.endsWith('a page'));
    peer.write(request());
    await expect.poll(() => ours.connections.length).toBe(1);
    expect(warnings()).toEqual([]);
    peer.socket.destroy();
  });

  test('may pass requests to handleUpgrade() and leave the rest to a server without a path', async () => {
    const rooms = watch(new WebSocketServer({ noServer: true }));
    const { port, ours } = await shared(
      'before',
      (incoming, socket, head) => {
        if (incoming.url === '/rooms') void rooms.server.handleUpgrade(incoming, socket, head);
      },
      {},
    );
    for (const target of ['/rooms', '/other']) {
      const peer = await rawConnect(port);
      peer.write(request({ line: `GET ${target} HTTP/1.1` }));
      expect(await peer.head()).toContain(' 101 ');
      peer.socket.destroy();
    }
    expect([rooms.connections.length, ours.connections.length, warnings()]).toEqual([1, 1, []]);
  });
});

describe('another listener that answers after this server', () => {
  const later =
    (theirs: Listener): Listener =>
    (...args) =>
      void setImmediate(() => theirs(...args));

  test.each([
    ['by a 101', accept],
    ['by a 101 later', later(accept)],
    ['by a refusal', refuse],
    ['by a refusal later', later(refuse)],
  ])('%s is reported once', async (_, theirs) => {
    const { port, ours } = await shared('after', theirs);
    for (let i = 0; i < 2; i++) {
      const peer = await rawConnect(port);
      peer.write(request());
      expect(await peer.head()).toContain(' 101 Switching Protocols');
      await expect.poll(warnings).toEqual(['after']);
      peer.socket.destroy();
    }
    expect(ours.connections.length).toBe(2);
  });

  test('is reported by a server with noServer, too', async () => {
    const rooms = new WebSocketServer({ noServer: true });
    const httpServer = http.createServer();
    httpServer.on('upgrade', (...args) => void rooms.handleUpgrade(...args)).on('upgrade', accept);
    httpServer.listen(0, '127.0.0.1');
    await once(httpServer, 'listening');
    onTestFinished(() => void httpServer.close());
    const peer = await rawConnect((httpServer.address() as AddressInfo).port);
    peer.write(request());
    await expect.poll(warnings).toEqual(['after']);
    peer.socket.destroy();
  });

  test.each([
    ['closes', (peer: { write(bytes: Uint8Array): void }) => peer.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))],
    ['ends without a Close frame', (peer: { socket: Duplex }) => void peer.socket.end()],
    [
      'resets',
      (peer: { socket: Duplex }) => void (peer.socket as unknown as { resetAndDestroy(): void }).resetAndDestroy(),
    ],
  ])('is not suspected if it leaves the request alone and the client %s', async (_, leave) => {
    const { port, ours } = await shared('after', () => {});
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.head();
    await expect.poll(() => ours.connections.length).toBe(1);
    leave(peer);
    await ours.connections[0]!.closed;
    expect(warnings()).toEqual([]);
    peer.socket.destroy();
  });

  test('is not suspected if this server terminates or closes the connection', async () => {
    const { port, ours } = await shared('after', () => {});
    for (const end of ['terminate', 'close'] as const) {
      const peer = await rawConnect(port);
      peer.write(request());
      await expect.poll(() => ours.connections.length).toBe(1);
      const connection = ours.connections.pop()!;
      if (end === 'close') void connection.close(1000);
      else connection.terminate();
      await connection.closed;
      peer.socket.destroy();
    }
    expect(warnings()).toEqual([]);
  });
});
