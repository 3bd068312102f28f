import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server as EngineServer } from 'engine.io';
import { Socket as EngineClient } from 'engine.io-client';
import { type DefaultEventsMap, Server } from 'socket.io';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { listen } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

const LARGE = 'large '.repeat(20_000);

type IoServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, { name?: string }>;
type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** Resolves to the arguments of the next event. */
function next(socket: Pick<Socket, 'once'>, event: string): Promise<unknown[]> {
  return new Promise(resolve => socket.once(event, (...args: unknown[]) => resolve(args)));
}

/** Resolves to the reason for which the next client is gone. */
function disconnectOf(server: IoServer): Promise<unknown> {
  return new Promise(resolve => server.once('connection', peer => peer.once('disconnect', resolve)));
}

function webSocketOf(socket: Socket): WebSocket {
  return (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
}

async function start(options: ConstructorParameters<typeof Server>[1] = {}) {
  const httpServer = createServer();
  const server: IoServer = new Server(httpServer, options);
  const port = await listen(httpServer);
  onTestFinished(() => void server.close());
  const client = (path = '', clientOptions: ClientOptions = {}): Socket => {
    const all = { transports: ['websocket'], reconnection: false, forceNew: true, ...clientOptions };
    const socket = io(`http://127.0.0.1:${port}${path}`, all);
    onTestFinished(() => void socket.disconnect());
    return socket;
  };
  return { server, client };
}

describe('Socket.IO', () => {
  test('events, acknowledgements and binary arguments go both ways', async () => {
    const openings = countOpenings();
    const { server, client } = await start();
    server.on('connection', socket => {
      expect(socket.handshake.address).toBe('127.0.0.1');
      socket.on('echo', (...args) => {
        const answer = args.pop();
        answer(...args);
      });
      socket.emit('welcome', { deep: { bytes: Buffer.from([1, 2, 3]) } });
    });
    const socket = client();
    expect(await next(socket, 'welcome')).toEqual([{ deep: { bytes: Buffer.from([1, 2, 3]) } }]);
    const echo = await new Promise(resolve => {
      socket.emit('echo', 'κόσμε', Buffer.alloc(100_000, 7), [null, 1.5], (...args: unknown[]) => resolve(args));
    });
    expect(echo).toEqual(['κόσμε', Buffer.alloc(100_000, 7), [null, 1.5]]);
    expect(openings()).toEqual({ clients: 1, servers: 1 });
  });

  test('a client upgrades from polling to a WebSocket', async () => {
    const openings = countOpenings();
    const { server, client } = await start();
    server.on('connection', socket => socket.on('echo', (text, answer) => answer(text)));
    const socket = client('', { transports: ['polling', 'websocket'] });
    await Promise.all([
      next(socket, 'connect'),
      new Promise<void>(resolve => socket.io.engine.once('upgrade', () => resolve())),
    ]);
    expect(await socket.emitWithAck('echo', LARGE)).toBe(LARGE);
    expect(socket.io.engine.transport.name).toBe('websocket');
    expect(openings()).toEqual({ clients: 1, servers: 1 });
  });

  test('rooms, namespaces and broadcasts reach their members in order', async () => {
    const openings = countOpenings();
    const { server, client } = await start();
    const chat = server.of('/chat');
    chat.on('connection', async socket => {
      await socket.join(socket.handshake.query.room as string);
      socket.emit('joined');
    });
    const clients = ['red', 'red', 'blue'].map(room => client('/chat', { query: { room } }));
    await Promise.all(clients.map(socket => next(socket, 'joined')));
    const received = clients.map(() => [] as unknown[]);
    for (const [index, socket] of clients.entries()) {
      socket.onAny((event, ...args) => received[index]!.push([event, ...args]));
    }
    for (let count = 0; count < 50; count++) chat.to('red').emit('news', count, Buffer.of(count));
    const done = clients.map(socket => next(socket, 'done'));
    chat.except('blue').emit('not-for-blue');
    chat.emit('done');
    await Promise.all(done);
    const news = Array.from({ length: 50 }, (_, count) => ['news', count, Buffer.of(count)]);
    expect(received[0]).toEqual([...news, ['not-for-blue'], ['done']]);
    expect(received[1]).toEqual(received[0]);
    expect(received[2]).toEqual([['done']]);
    expect(openings()).toEqual({ clients: 3, servers: 3 });
  });

  test('compressed events arrive with permessage-deflate', async () => {
    const { server, client } = await start({ perMessageDeflate: { threshold: 100 }, httpCompression: false });
    const extensions: string[] = [];
    server.on('connection', socket => {
      extensions.push((socket.conn.transport as unknown as { socket: WebSocket }).socket.extensions);
      socket.on('echo', (text, answer) => answer(text));
      socket.compress(true).emit('large', LARGE);
    });
    const socket = client('', { perMessageDeflate: { threshold: 100 } });
    expect(await next(socket, 'large')).toEqual([LARGE]);
    expect(await socket.emitWithAck('echo', LARGE)).toBe(LARGE);
    expect(extensions).toEqual(['permessage-deflate']);
  });

  test('a broadcast, which is framed once, reaches clients with and without permessage-deflate', async () => {
    const { server, client } = await start({ perMessageDeflate: true });
    const sockets = [client(), client('', { perMessageDeflate: false as never })];
    await Promise.all(sockets.map(socket => next(socket, 'connect')));
    const received = sockets.map(socket => next(socket, 'all'));
    server.emit('all', LARGE);
    expect(await Promise.all(received)).toEqual([[LARGE], [LARGE]]);
  });

  test('each way to end is reported with its reason', async () => {
    const { server, client } = await start();

    let ended = disconnectOf(server);
    const leaving = client();
    await next(leaving, 'connect');
    leaving.disconnect();
    expect(await ended).toBe('client namespace disconnect');

    ended = disconnectOf(server);
    const kicked = client();
    const kickedBecause = next(kicked, 'disconnect');
    await next(kicked, 'connect');
    server.disconnectSockets(true);
    expect((await kickedBecause)[0]).toBe('io server disconnect');
    expect(await ended).toBe('server namespace disconnect');

    ended = disconnectOf(server);
    const vanished = client();
    const vanishedBecause = next(vanished, 'disconnect');
    await next(vanished, 'connect');
    webSocketOf(vanished).terminate();
    expect(await ended).toBe('transport close');
    expect((await vanishedBecause)[0]).toBe('transport close');
  });

  test('a client that answers no ping is dropped', async () => {
    const { server, client } = await start({ pingInterval: 50, pingTimeout: 50 });
    const ended = disconnectOf(server);
    const silent = client();
    silent.on('connect', () => {
      silent.io.engine.transport.send = () => {};
    });
    expect(await ended).toBe('ping timeout');
  });

  test('a client reconnects, and recovers the events that it missed', async () => {
    const { server, client } = await start({ connectionStateRecovery: {} });
    const socket = client('', { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
    await next(socket, 'connect');
    const first = next(socket, 'first');
    server.emit('first');
    await first;
    const missed = next(socket, 'missed');
    const reconnected = next(socket, 'connect');
    socket.io.engine.close();
    await new Promise<void>(resolve => {
      const poll = setInterval(() => {
        if (server.sockets.sockets.size > 0) return;
        clearInterval(poll);
        resolve();
      }, 1);
    });
    server.emit('missed', 'news');
    await reconnected;
    expect((await missed)[0]).toBe('news');
    expect(socket.recovered).toBe(true);
  });

  test('a middleware refuses a client', async () => {
    const { server, client } = await start();
    server.use((socket, proceed) =>
      proceed(socket.handshake.auth.token === 'right' ? undefined : new Error('wrong token')),
    );
    const [error] = (await next(client('', { auth: { token: 'wrong' } }), 'connect_error')) as [Error];
    expect(error.message).toBe('wrong token');
    await next(client('', { auth: { token: 'right' } }), 'connect');
  });
});

describe('engine.io', () => {
  test('text, binary and a payload over the limit', async () => {
    const openings = countOpenings();
    const httpServer = createServer();
    const engine = new EngineServer({ maxHttpBufferSize: 1000 });
    engine.attach(httpServer);
    onTestFinished(() => void engine.close());
    const port = await listen(httpServer);
    const client = new EngineClient(`ws://127.0.0.1:${port}`, { transports: ['websocket'] });
    const [socket] = await once(engine, 'connection');
    socket.on('message', (data: unknown) => socket.send(data));
    const received: unknown[] = [];
    const echoes = new Promise<void>(resolve => {
      client.on('message', data => {
        if (received.push(data) === 2) resolve();
      });
    });
    client.send('text');
    client.send(Buffer.of(1, 2, 3));
    await echoes;
    expect(received).toEqual(['text', Buffer.of(1, 2, 3)]);
    const closed = once(socket, 'close');
    client.send('x'.repeat(2000));
    const [reason] = await closed;
    expect(reason).toBe('transport error');
    expect(openings()).toEqual({ clients: 1, servers: 1 });
  });
});
