import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { connect, type ServerEvents, type ServerOptions, WebSocketServer } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { httpServer } from '../helpers/http-server.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

describe('listeners that fail at every event, with a client that resets after every byte', () => {
  const bytes = Buffer.concat([
    Buffer.from(request()),
    encodeFrame('client', OPCODE.TEXT, 'hi'),
    encodeFrame('client', OPCODE.CLOSE, ''),
  ]);
  const fail: Readonly<Record<string, () => unknown>> = {
    throw: () => {
      throw new Error('oops');
    },
    reject: () => Promise.reject(new Error('oops')),
  };

  test.each([
    ['throw', 'its own port'],
    ['reject', 'its own port'],
    ['throw', 'a server of node:http'],
    ['reject', 'a server of node:http'],
  ])('%s on %s: no connection remains, and the next client is served', async (how, where) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const isOwn = where === 'its own port';
    const host = isOwn ? undefined : await httpServer();
    const server = new WebSocketServer({
      ...(host === undefined ? { port: 0, host: '127.0.0.1' } : { server: host.server }),
      authorize: () => new Promise<true>(resolve => setImmediate(() => resolve(true))),
    });
    onTestFinished(() => server.close({ timeout: 0 }));
    const events: ReadonlyArray<keyof ServerEvents<unknown>> = ['connection', 'refused', 'handlerError', 'close'];
    for (const event of events) server.on(event, fail[how] as () => void);
    if (isOwn) await once(server, 'listening');
    const port = host?.port ?? (server.address() as AddressInfo).port;
    for (let i = 0; i <= bytes.length; i++) {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      if (i > 0) await new Promise<void>(resolve => socket.write(bytes.subarray(0, i), () => resolve()));
      if (i % 3 === 0) await new Promise(resolve => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    await expect.poll(() => server.clients.size).toBe(0);
    server.removeAllListeners();
    const connection = await connect(`ws://127.0.0.1:${port}/`);
    await connection.close(1000);
    await server.close({ timeout: 60_000 });
  });
});

describe('server.close() settles at once when it is called from', () => {
  test.each<[where: string, line: string, answer: boolean, status: string]>([
    ['authorize', 'GET / HTTP/1.1', true, '503'],
    ['subprotocols', 'GET / HTTP/1.1', true, '503'],
    ['connection', 'GET / HTTP/1.1', true, '101'],
    ['refused (by authorize)', 'GET / HTTP/1.1', false, '403'],
    ['refused (by path)', 'GET /other HTTP/1.1', true, '404'],
  ])('%s', async (where, line, answer, status) => {
    let closed: Promise<void> | undefined;
    const close = (place: string) => {
      if (where.startsWith(place)) closed ??= server.close({ timeout: 60_000 });
    };
    const options: ServerOptions<boolean> = {
      path: '/',
      authorize: () => {
        close('authorize');
        return Promise.resolve(answer);
      },
      subprotocols: offered => {
        close('subprotocols');
        return offered[0];
      },
    };
    const { server, port } = await openServer(options);
    server.on('connection', () => close('connection'));
    server.on('refused', () => close('refused'));
    const peer = await rawConnect(port);
    peer.write(request({ line, set: { 'Sec-WebSocket-Protocol': 'a' } }));
    expect((await peer.head()).slice(9, 12)).toBe(status);
    if (status === '101') {
      await peer.frames('server', 1);
      peer.write(encodeFrame('client', OPCODE.CLOSE, Buffer.from([0x03, 0xe9])));
    }
    peer.socket.end();
    await closed;
    expect(closed).toBeDefined();
    expect(server.clients.size).toBe(0);
  });
});

test('200 servers attached to one node:http server share its upgrade listeners, and close together', async () => {
  const { server, port } = await httpServer();
  const servers = Array.from({ length: 200 }, (_, i) => new WebSocketServer({ server, path: `/${i}` }));
  const connections = await Promise.all(
    Array.from({ length: 20 }, (_, i) => connect(`ws://127.0.0.1:${port}/${i * 7}`)),
  );
  expect(server.listenerCount('upgrade')).toBe(2);
  await Promise.all(servers.map(one => one.close({ timeout: 60_000 })));
  expect(server.listenerCount('upgrade')).toBe(0);
  for (const connection of connections) expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true });
});
