import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import {
  BackpressureError,
  connect,
  type HandlerError,
  prepareMessage,
  type WebSocketConnection,
  WebSocketServer,
} from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer, temporarySocket, watch } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

async function client(port: number): Promise<WebSocketConnection> {
  const connection = await connect(`ws://127.0.0.1:${port}/`);
  onTestFinished(() => connection.terminate());
  return connection;
}

/** What the process is warned of while the test runs. */
function warnings(): unknown[] {
  const seen: unknown[] = [];
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(warning => void seen.push(warning));
  onTestFinished(() => spy.mockRestore());
  return seen;
}

describe('broadcast()', () => {
  test('sends to all open connections, and returns how many', async () => {
    const { server, port, connections } = await openServer();
    const clients = [await client(port), await client(port), await client(port)];
    const seen = clients.map(connection => {
      const messages: unknown[] = [];
      connection.on('message', data => messages.push(data));
      return messages;
    });
    await expect.poll(() => connections.length).toBe(3);
    expect(server.broadcast('to all')).toBe(3);
    expect(server.broadcast(Uint8Array.of(1), { filter: connection => connection !== connections[0] })).toBe(2);
    expect(server.broadcast(prepareMessage('made before'))).toBe(3);
    const bytes = Buffer.of(1);
    await expect
      .poll(() => seen)
      .toEqual([
        ['to all', 'made before'],
        ['to all', bytes, 'made before'],
        ['to all', bytes, 'made before'],
      ]);
    void connections[1]!.close();
    expect(server.broadcast('to those that stay')).toBe(2);
  });

  test('sends to the connections in `to` that are open and pass the filter, to each once', async () => {
    const { server, port, connections } = await openServer();
    const clients = [await client(port), await client(port), await client(port)];
    await expect.poll(() => connections.length).toBe(3);
    const seen = clients.map(connection => {
      const messages: unknown[] = [];
      connection.on('message', data => messages.push(data));
      return messages;
    });
    const [first, second, third] = connections as [WebSocketConnection, WebSocketConnection, WebSocketConnection];
    expect(server.broadcast('to two', { to: new Set([first, second]) })).toBe(2);
    expect(server.broadcast('to one', { to: [second, second] })).toBe(1);
    expect(server.broadcast('filtered', { to: [first, third], filter: one => one === third })).toBe(1);
    expect(server.broadcast('to none', { to: [] })).toBe(0);
    await expect.poll(() => seen).toEqual([['to two'], ['to two', 'to one'], ['filtered']]);
    await first.close();
    expect(server.broadcast('to those that stay', { to: [first, second] })).toBe(1);
  });

  test('throws for a `to` that is not an iterable of its connections, and sends nothing', async () => {
    const { server, port, connections } = await openServer();
    const ours = await client(port);
    await expect.poll(() => connections.length).toBe(1);
    for (const to of [5, null, {}, connections[0]]) {
      expect(() => server.broadcast('x', { to: to as never })).toThrow(/^to must be an iterable of connections, got/);
    }
    for (const other of [ours, 'connection', null]) {
      const to = [connections[0], other] as never;
      expect(() => server.broadcast('x', { to })).toThrow(/^to must be an iterable of connections of this server, got/);
    }
    expect(connections[0]!.bufferedAmount).toBe(0);
  });

  test('throws for options that are not an object', async () => {
    const { server } = await openServer();
    for (const options of [null, 5]) {
      expect(() => server.broadcast('x', options as never)).toThrow(`options must be an object, got ${options}`);
    }
  });

  test('does not count a connection that it ended for exceeding maxBufferedAmount', async () => {
    const { server, port, connections } = await openServer({ maxBufferedAmount: 100_000, highWaterMark: 1_000 });
    const reader = await client(port);
    reader.on('message', () => {});
    const idler = await rawConnect(port);
    idler.write(request());
    await expect.poll(() => connections.length).toBe(2);
    idler.socket.pause();
    const slow = connections[1]!;
    const counts: number[] = [];
    while (slow.state === 'open') {
      counts.push(server.broadcast(Buffer.alloc(50_000)));
      await setImmediate();
    }
    expect(counts[0]).toBe(2);
    expect(counts.at(-1)).toBe(1);
    expect((await slow.closed).cause).toBeInstanceOf(BackpressureError);
    reader.terminate();
  });

  test.each<[answer: string, filter: (connection: WebSocketConnection) => unknown]>([
    ['a promise', async () => false],
    ['a promise that rejects', () => Promise.reject(new Error('oops'))],
    ['undefined', () => undefined],
    ['a number', () => 1],
  ])('throws for a filter that returns %s, and sends nothing', async (_, filter) => {
    const { server, port, connections } = await openServer();
    const clients = [await client(port), await client(port)];
    await expect.poll(() => connections.length).toBe(2);
    let asked = 0;
    const last = (connection: WebSocketConnection) => (++asked < 2 ? true : filter(connection)) as boolean;
    expect(() => server.broadcast('x', { filter: last })).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: expect.stringMatching(/^filter\(\) must return/),
      }),
    );
    expect(connections.map(({ bufferedAmount }) => bufferedAmount)).toEqual([0, 0]);
    for (const connection of clients) connection.terminate();
  });

  test('throws for a Blob, a wrong filter and an unknown option', async () => {
    const { server } = await openServer();
    expect(() => server.broadcast(new Blob([]) as never)).toThrow(TypeError);
    expect(() => server.broadcast('x', { filter: 1 as never })).toThrow(/filter/);
    expect(() => server.broadcast('x', { filtre: () => true } as never)).toThrow(/did you mean 'filter'/);
  });
});

describe('a connection', () => {
  test('is forgotten when it closes, even if the application has removed all listeners', async () => {
    const { server, port, connections } = await openServer();
    const ours = await client(port);
    await expect.poll(() => connections.length).toBe(1);
    connections[0]!.removeAllListeners();
    await ours.close();
    await expect.poll(() => server.clients.size).toBe(0);
  });

  test('is emitted with its request, and is in `clients` until it closes [4.2.2-i9]', async () => {
    const { server, port, connections, requests } = await openServer();
    const ours = await client(port);
    await expect.poll(() => connections.length).toBe(1);
    const [theirs] = connections;
    expect(theirs).toMatchObject({ role: 'server', state: 'open', subprotocol: '', extensions: '' });
    expect(requests[0]).toMatchObject({ path: '/', host: `127.0.0.1:${port}` });
    expect(theirs!.transport).toEqual(requests[0]!.transport);
    expect(theirs!.transport).toMatchObject({ localPort: port, remotePort: ours.transport.localPort });
    expect([...server.clients]).toEqual([theirs]);
    let sizeAtClose = -1;
    theirs!.on('close', () => {
      sizeAtClose = server.clients.size;
    });
    await ours.close(1000);
    await theirs!.closed;
    expect(sizeAtClose).toBe(0);
  });

  test('gets the options of the server', async () => {
    const { port, connections } = await openServer({ maxMessageSize: 10 });
    const ours = await client(port);
    ours.send('x'.repeat(11));
    expect(await ours.closed).toMatchObject({ code: 1009 });
    expect((await connections[0]!.closed).initiator).toBe('local');
  });

  test('echoes', async () => {
    const { server, port } = await openServer();
    server.on('connection', connection => connection.on('message', data => connection.send(data)));
    const ours = await client(port);
    ours.send('hello');
    ours.send(Buffer.from([1, 2, 3]));
    const messages = ours[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe('hello');
    expect((await messages.next()).value).toEqual(Buffer.from([1, 2, 3]));
  });
});

describe('the address', () => {
  test('address() returns null before listening, then the port, and null after close()', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port, address } = server.address() as AddressInfo;
    expect([address, port > 0]).toEqual(['127.0.0.1', true]);
    await server.close();
    expect(server.address()).toBeNull();
    expect(new WebSocketServer({ noServer: true }).address()).toBeNull();
  });

  test('it listens on all addresses if `host` is left out', async () => {
    const { port } = await openServer({ host: undefined as unknown as string });
    expect((await client(port)).state).toBe('open');
  });

  test('it listens on an IPv6 address', async () => {
    const { port, server } = await openServer({ host: '::1' });
    expect((server.address() as AddressInfo).family).toBe('IPv6');
    const connection = await connect(`ws://[::1]:${port}/`);
    await connection.close();
  });

  test('it listens on a Unix domain socket, and ws+unix: connects to it', async () => {
    const socketPath = temporarySocket();
    const { server, requests } = await openServer({ socketPath });
    expect(server.address()).toBe(socketPath);
    const connection = await connect(`ws+unix:${socketPath}:/chat`);
    expect(requests[0]).toMatchObject({ path: '/chat', host: 'localhost', transport: {} });
    await connection.close(1000);
  });

  test('backlog is passed on', async () => {
    const listen = vi.spyOn(net.Server.prototype, 'listen');
    onTestFinished(() => listen.mockRestore());
    await openServer({ backlog: 7 });
    expect(listen.mock.calls[0]![0]).toMatchObject({ port: 0, backlog: 7 });
  });
});

describe('`error`', () => {
  test('is emitted for a port in use; close() then resolves', async () => {
    const { port } = await openServer();
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    const [error] = await once(server, 'error');
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  test('without a listener is a process warning, for a failing accept()', async () => {
    const seen = warnings();
    const listen = vi.spyOn(net.Server.prototype, 'listen');
    onTestFinished(() => listen.mockRestore());
    const { server, port } = await openServer();
    const inner = listen.mock.contexts[0] as net.Server;
    const failure = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    inner.emit('error', failure);
    expect(seen).toEqual([failure]);
    const told: unknown[] = [];
    server.on('error', error => told.push(error));
    inner.emit('error', failure);
    expect(told).toEqual([failure]);
    expect(seen).toHaveLength(1);
    expect((await client(port)).state).toBe('open');
  });
});

describe('a listener that fails', () => {
  test.each<[name: string, listener: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('oops'))],
  ])('of `connection` that %s closes only that connection with 1011, and emits handlerError', async (_name, fail) => {
    const { server, port, failures, connections } = await openServer();
    const first = await client(port);
    await expect.poll(() => connections.length).toBe(1);
    server.once('connection', fail as () => void);
    const second = await client(port);
    expect(await second.closed).toMatchObject({ code: 1011, wasClean: true });
    expect(failures).toEqual([[expect.objectContaining({ code: 'WS101_HANDLER_FAILED' }), connections[1]]]);
    expect(failures[0]![0].message).toBe("a listener of 'connection' failed: oops");
    expect(first.state).toBe('open');
  });

  test('of `message` closes only that connection with 1011, and emits handlerError', async () => {
    const { server, port, failures, connections } = await openServer();
    server.on('connection', connection =>
      connection.on('message', async data => {
        if (data === 'fail') throw new Error('oops');
        connection.send(data);
      }),
    );
    const [first, second] = [await client(port), await client(port)];
    first.send('fail');
    expect(await first.closed).toMatchObject({ code: 1011 });
    second.send('hello');
    expect((await second[Symbol.asyncIterator]().next()).value).toBe('hello');
    expect(failures.map(([error, connection]) => [error.message, connection])).toEqual([
      ["a listener of 'message' failed: oops", connections[0]],
    ]);
  });

  test.each<[name: string, listener: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('oops'))],
  ])('of `refused` that %s emits handlerError', async (_name, fail) => {
    const { server, port, failures } = await openServer();
    server.on('refused', fail as () => void);
    const peer = await rawConnect(port);
    peer.write('nonsense\r\n\r\n');
    expect(await peer.head()).toContain(' 400 ');
    await expect.poll(() => failures.length).toBe(1);
    expect(failures[0]![0].message).toBe("a listener of 'refused' failed: oops");
    expect(failures[0]![1]).toBeUndefined();
    expect((await client(port)).state).toBe('open');
  });

  test.each<[name: string, listener: (error: HandlerError) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('again');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('again'))],
  ])('of `handlerError` that %s is not called again, and causes a process warning', async (_name, fail) => {
    const seen = warnings();
    const { server, port } = await openServer({
      authorize: () => {
        throw new Error('oops');
      },
    });
    server.removeAllListeners('handlerError');
    let asked = 0;
    server.on('handlerError', error => {
      asked++;
      return fail(error) as undefined;
    });
    const peer = await rawConnect(port);
    peer.write(request());
    expect(await peer.head()).toContain(' 500 ');
    await expect.poll(() => seen.length).toBe(1);
    await wait(20);
    expect(asked).toBe(1);
    expect(seen).toEqual([expect.objectContaining({ code: 'WS101_HANDLER_FAILED' })]);
  });

  test('of `listening` or `close` emits handlerError', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const failures: HandlerError[] = [];
    server.on('handlerError', error => failures.push(error));
    for (const event of ['listening', 'close'] as const) {
      server.on(event, () => {
        throw new Error('oops');
      });
    }
    await expect.poll(() => failures.length).toBe(1);
    await server.close();
    expect(failures.map(({ message }) => message)).toEqual([
      "a listener of 'listening' failed: oops",
      "a listener of 'close' failed: oops",
    ]);
  });
});

describe('close()', () => {
  test('rejects for a wrong option, and does nothing', async () => {
    const { server, port } = await openServer();
    await expect(server.close((() => {}) as never)).rejects.toThrow('options must be an object, got a function');
    await expect(server.close({ code: 1005 })).rejects.toThrow(RangeError);
    await expect(server.close({ code: '1000' as never })).rejects.toThrow(TypeError);
    await expect(server.close({ reason: 'x'.repeat(124) })).rejects.toThrow(RangeError);
    await expect(server.close({ timeout: -1 })).rejects.toThrow('timeout must be an integer from 0');
    await expect(server.close({ timeout: '5' as never })).rejects.toThrow('timeout must be a number');
    expect((await client(port)).state).toBe('open');
  });

  test('closes all connections with 1001, accepts no others, and resolves when all have closed [7.3-1]', async () => {
    const { server, port, connections } = await openServer();
    const clients = [await client(port), await client(port)];
    const events: string[] = [];
    server.on('close', () => events.push('close'));
    await server.close();
    expect(events).toEqual(['close']);
    for (const theirs of clients) {
      expect(await theirs.closed).toMatchObject({ code: 1001, reason: '', wasClean: true, initiator: 'remote' });
    }
    for (const ours of connections) expect(ours.state).toBe('closed');
    expect(server.clients.size).toBe(0);
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ phase: 'connect' });
  });

  test('with a code and a reason', async () => {
    const { server, port } = await openServer();
    const theirs = await client(port);
    await server.close({ code: 4000, reason: 'over' });
    expect(await theirs.closed).toMatchObject({ code: 4000, reason: 'over' });
  });

  test('returns the same promise when called again', async () => {
    const { server, port } = await openServer();
    await client(port);
    const first = server.close();
    expect(server.close({ code: 4000 })).toBe(first);
    await first;
    expect(server.close()).toBe(first);
  });

  test('can be called in a listener', async () => {
    const { server, port } = await openServer();
    const peer = await rawConnect(port);
    peer.write('GET /');
    await client(port);
    const promises: Array<Promise<void>> = [];
    server.on('refused', () => promises.push(server.close()));
    promises.push(server.close());
    peer.socket.end();
    expect(promises).toHaveLength(2);
    expect(promises[0]).toBe(promises[1]);
    await Promise.all(promises);
  });

  test('sends all queued messages first, under load', async () => {
    const { server, port } = await openServer({ maxBufferedAmount: 2 ** 30 });
    const size = 40_000_000;
    const pieces = 40;
    server.on('connection', connection => {
      for (let i = 0; i < pieces; i++) connection.send(Buffer.alloc(size / pieces, i));
    });
    const ours = await Promise.all([client(port), client(port)]);
    const received = ours.map(async connection => {
      let sum = 0;
      for await (const message of connection) sum += message.length;
      return sum;
    });
    const closed = server.close();
    expect(await Promise.all(received)).toEqual([size, size]);
    for (const connection of ours) expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true });
    await closed;
  });

  test('does not wait longer than `timeout` for peers that do not answer', async () => {
    const { server, port, connections } = await openServer();
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.head();
    const started = performance.now();
    await server.close({ timeout: 50 });
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(await connections[0]!.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      cause: { code: 'WS101_TERMINATED' },
      sent: { code: 1001 },
    });
    await peer.gone;
  });

  test('does not wait longer than `timeout` for a net.Server that never emits close', async () => {
    const { server } = await openServer();
    const close = vi.spyOn(net.Server.prototype, 'close').mockImplementation(function (this: net.Server) {
      return this;
    });
    const started = performance.now();
    await server.close({ timeout: 50 });
    expect(performance.now() - started).toBeLessThan(1_000);
    const [listener] = close.mock.contexts as net.Server[];
    close.mockRestore();
    listener!.close();
  });

  test('does not wait longer than closeTimeout if `timeout` is left out', async () => {
    const { server, port } = await openServer({ closeTimeout: 50 });
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.head();
    await server.close();
    await peer.gone;
  });

  test('ends unfinished handshakes with 503', async () => {
    const { server, port, refusals } = await openServer();
    const peer = await rawConnect(port);
    peer.write('GET / HTTP/1.1\r\nHo');
    await wait(20);
    const closed = server.close();
    expect(await peer.head()).toContain(' 503 ');
    peer.socket.end();
    await closed;
    expect(refusals).toEqual([[503, undefined]]);
  });

  test('does not wait longer than `timeout` for a refused client that never ends its side', async () => {
    const { server, port } = await openServer();
    const peer = await rawConnect(port);
    peer.write('POST');
    await wait(20);
    const started = performance.now();
    await server.close({ timeout: 50 });
    expect(performance.now() - started).toBeLessThan(800);
  });

  test('does not depend on listeners that an application removed', async () => {
    const { server, port } = await openServer();
    server.on('connection', connection => connection.removeAllListeners());
    const theirs = await client(port);
    await server.close();
    expect(await theirs.closed).toMatchObject({ code: 1001 });
  });

  test('resolves before the server listens, for an address and for a name', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const server = new WebSocketServer({ port: 0, host });
      const told: string[] = [];
      server.on('listening', () => told.push('listening'));
      await server.close();
      await wait(30);
      expect(told).toEqual([]);
      expect(server.address()).toBeNull();
    }
  });

  test('resolves for a server whose port is in use, without an error event', async () => {
    const socketPath = temporarySocket();
    await openServer({ socketPath });
    const emit = vi.spyOn(net.Server.prototype, 'emit');
    onTestFinished(() => emit.mockRestore());
    const server = new WebSocketServer({ socketPath });
    await server.close();
    await expect.poll(() => emit.mock.calls.map(([event]) => event)).toContain('error');
  });

  test('resolves without connections, and for a server that never listened', async () => {
    await (await openServer()).server.close();
    await watch(new WebSocketServer({ noServer: true })).server.close();
  });
});

describe('survives', () => {
  test('an RST at every moment of a connection', async () => {
    const { port, connections, server } = await openServer();
    server.on('connection', connection => connection.on('message', data => connection.send(data)));
    const frames = Buffer.concat([
      encodeFrame('client', OPCODE.TEXT, 'hello'),
      encodeFrame('client', OPCODE.PING, 'x'),
      encodeFrame('client', OPCODE.CLOSE, Buffer.from([3, 0xe8])),
    ]);
    for (let i = 0; i <= frames.length; i++) {
      const peer = await rawConnect(port);
      peer.write(request());
      await peer.head();
      peer.socket.write(frames.subarray(0, i), () => peer.reset());
      await peer.closed;
    }
    await Promise.all(connections.map(connection => connection.closed));
    expect(connections).toHaveLength(frames.length + 1);
    expect(server.clients.size).toBe(0);
  });
});
