import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ConnectOptions,
  connect,
  type Destination,
  type Dial,
  type DialOptions,
  dial,
  HandshakeError,
  startTls,
  type WebSocketConnection,
  WebSocketServer,
} from '../../src/index.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { RawPeer, type RawServerOptions, rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

async function open(url: string, options: ConnectOptions): Promise<WebSocketConnection> {
  const connection = await connect(url, options);
  onTestFinished(() => connection.terminate());
  return connection;
}

/** Returns what connect() rejects with. */
async function rejection(url: string, options: ConnectOptions): Promise<unknown> {
  return await open(url, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** Opens a server that accepts every request. */
async function acceptingServer(where: RawServerOptions = {}): Promise<number> {
  const { port } = await rawServer(async peer => peer.write(switchingProtocols(await peer.head())), where);
  return port;
}

/** Accepts the request that arrives at `duplex`. */
async function acceptOver(duplex: Duplex): Promise<void> {
  const peer = new RawPeer(duplex);
  peer.write(switchingProtocols(await peer.head()));
}

/** Returns a dial function that connects in memory to a peer that accepts. */
function inMemory(): Dial {
  return async () => {
    const [near, far] = duplexPair();
    void acceptOver(far);
    return near;
  };
}

/** Opens an HTTP proxy that connects wherever CONNECT asks, except to port 1. `requests` are the targets it was asked for. */
async function openProxy(): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const proxy = http.createServer().on('connect', ({ url = '' }, client) => {
    requests.push(url);
    if (url.endsWith(':1')) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const server = net.connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void proxy.close());
  return { port: (proxy.address() as AddressInfo).port, requests };
}

/** Returns a dial function that goes through an HTTP proxy. */
function throughProxy(port: number): Dial {
  return async (destination, signal, options) => {
    const { hostname, secure } = destination;
    const socket = await dial({ ...destination, secure: false, hostname: '127.0.0.1', port }, signal, options);
    socket.write(`CONNECT ${hostname}:${destination.port} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const [head] = await once(socket, 'data', { signal });
    socket.pause();
    if (String(head).startsWith('HTTP/1.1 200 ')) {
      return secure ? await startTls(socket, destination, signal, options.tls) : socket;
    }
    throw new HandshakeError('the proxy refused', { phase: 'proxy', fault: 'peer', url: destination.href });
  };
}

describe('a dial function', () => {
  test('can connect to a WebSocketServer in memory', async () => {
    const web = http.createServer();
    const server = new WebSocketServer({ server: web });
    server.on('connection', connection => connection.on('message', data => connection.send(data)));
    const connection = await open('ws://nobody.invalid/chat', {
      dial: async () => {
        const [near, far] = duplexPair({ isAsync: true });
        web.emit('connection', far);
        return near;
      },
    });
    connection.send('hello');
    expect(await once(connection, 'message')).toEqual(['hello', false]);
    expect(connection.transport).toEqual({});
    expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
  });

  test('can go through an HTTP proxy, for ws: and for wss:', async () => {
    const proxy = await openProxy();
    const [plain, secure] = [await acceptingServer(), await acceptingServer({ secure: true })];
    const options = { dial: throughProxy(proxy.port), tls: { ca: TLS_CERTIFICATE } };
    await open(`ws://localhost:${plain}/`, options);
    const connection = await open(`wss://localhost:${secure}/`, options);
    expect(connection.transport).toMatchObject({ remotePort: proxy.port, tls: { authorized: true, alpn: 'http/1.1' } });
    expect(proxy.requests).toEqual([`localhost:${plain}`, `localhost:${secure}`]);
  });

  test('that goes through a proxy gets the hints of TLS', async () => {
    const proxy = await openProxy();
    const port = await acceptingServer({ secure: true });
    expect(await rejection(`wss://localhost:${port}/`, { dial: throughProxy(proxy.port) })).toMatchObject({
      phase: 'tls',
      hint: 'the certificate is self-signed: to trust it, pass it as tls.ca',
    });
  });

  test('is called with the destination, without credentials, and with the options socket and tls', async () => {
    const calls: Array<readonly [Destination, DialOptions]> = [];
    const [socket, tls] = [{ family: 4 }, { servername: 'inner' }] as const;
    const options = { socket, tls, maxMessageSize: 5 };
    await open('ws://user:secret@h:81/a?b', {
      ...options,
      dial: (destination, signal, given) => {
        calls.push([destination, given]);
        expect(signal.aborted).toBe(false);
        return inMemory()(destination, signal, given);
      },
    });
    const destination = {
      href: 'ws://h:81/a?b',
      secure: false,
      hostname: 'h',
      port: 81,
      socketPath: undefined,
      host: 'h:81',
      target: '/a?b',
    };
    expect(calls).toEqual([[destination, { socket, tls }]]);
  });

  test('can wrap dial()', async () => {
    const port = await acceptingServer();
    const asked: string[] = [];
    const logging: Dial = async (destination, signal, options) => {
      asked.push(destination.href);
      return await dial(destination, signal, options);
    };
    await open(`ws://127.0.0.1:${port}/`, { dial: logging });
    expect(asked).toEqual([`ws://127.0.0.1:${port}/`]);
  });

  test('can return a Transport, whose info becomes connection.transport', async () => {
    const info = { remoteAddress: 'pigeon' };
    const connection = await open('ws://h/', {
      dial: async (...call) => {
        const duplex = (await inMemory()(...call)) as Duplex;
        return { duplex, info, ownsChunks: false, copiesWrites: false };
      },
    });
    expect(connection.transport).toBe(info);
  });

  test('is called again for a redirect, without the client certificate for another origin', async () => {
    const calls: unknown[] = [];
    const tls = { cert: TLS_CERTIFICATE, key: TLS_KEY, ca: TLS_CERTIFICATE };
    const redirecting: Dial = async ({ href }, _signal, options) => {
      calls.push([href, Object.keys(options.tls ?? {})]);
      const [near, far] = duplexPair();
      const peer = new RawPeer(far);
      void peer.head().then(head => {
        if (href === 'ws://b/') peer.write(switchingProtocols(head));
        else peer.write(plainResponse('302 Found', [`Location: ${href === 'ws://a/' ? '/2' : 'ws://b/'}`]));
      });
      return near;
    };
    await open('ws://a/', { dial: redirecting, tls, maxRedirects: 2 });
    expect(calls).toEqual([
      ['ws://a/', ['cert', 'key', 'ca']],
      ['ws://a/2', ['cert', 'key', 'ca']],
      ['ws://b/', ['ca']],
    ]);
  });

  test('makes oneAtATime distinguish hosts by name, since only the function knows their addresses', async () => {
    const lookup = () => {
      throw new Error('looked up');
    };
    await open('ws://only.the.proxy.knows/', { dial: inMemory(), oneAtATime: true, socket: { lookup } });
  });
});

describe('a dial function that fails', () => {
  test('with a HandshakeError: connect() rejects with that error', async () => {
    const proxy = await openProxy();
    const error = await rejection('ws://h:1/?token=secret', { dial: throughProxy(proxy.port) });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'peer' });
    expect((error as HandshakeError).message).toBe('could not open ws://h:1/?…: the proxy refused');
    const own = new HandshakeError('no', { phase: 'proxy', fault: 'caller' });
    expect(await rejection('ws://h/', { dial: () => Promise.reject(own) })).toBe(own);
  });

  test.each<[how: string, dial: Dial, message: string]>([
    ['rejects', () => Promise.reject(new Error('no pigeon')), 'no pigeon'],
    [
      'throws',
      () => {
        throw new Error('no pigeon');
      },
      'no pigeon',
    ],
    ['rejects with null', () => Promise.reject(null), 'null'],
  ])('%s: the error becomes the cause of one with phase connect', async (_how, dial, message) => {
    expect(await rejection('ws://h/', { dial })).toMatchObject({
      phase: 'connect',
      fault: 'network',
      message: `could not open ws://h/: connecting to h:80 failed: ${message}`,
    });
  });

  test.each<[what: string, returned: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['a Transport without a Duplex', { duplex: {}, info: {}, ownsChunks: false, copiesWrites: false }],
    ['half a Transport', { duplex: new PassThrough() }],
  ])('returns %s: TypeError', async (_what, returned) => {
    const error = await rejection('ws://h/', { dial: async () => returned as Duplex });
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      code: 'WS101_INVALID_ARGUMENT',
      message: expect.stringContaining('dial() must return a connected Duplex or a Transport, got '),
    });
  });

  test('returns a Duplex that another connection uses: TypeError, and that connection lives', async () => {
    const [near, far] = duplexPair();
    void acceptOver(far);
    const first = await open('ws://h/', { dial: async () => near });
    const error = await rejection('ws://h/', { dial: async () => near });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('dial() must return a Duplex that no other connection uses');
    expect(first.state).toBe('open');
  });

  test('returns a destroyed Duplex: the connection was closed', async () => {
    const duplex = new PassThrough();
    duplex.destroy();
    expect(await rejection('ws://h/', { dial: async () => duplex })).toMatchObject({
      phase: 'request',
      summary: 'the connection was closed',
    });
  });
});

describe('a dial function that does not settle', () => {
  test('ends with handshakeTimeout', async () => {
    const error = await rejection('ws://h/', { dial: () => new Promise(() => {}), handshakeTimeout: 20 });
    expect(error).toMatchObject({
      phase: 'connect',
      fault: 'network',
      message: expect.stringContaining('connecting to h:80 failed: the opening handshake took more than 20 ms'),
    });
  });

  test('ends with the signal, and a Duplex that it returns later is destroyed', async () => {
    const controller = new AbortController();
    const late = new PassThrough();
    let finish = (_: Duplex): void => {};
    const opening = rejection('ws://h/', {
      signal: controller.signal,
      dial: () =>
        new Promise(resolve => {
          finish = resolve;
        }),
    });
    const reason = new Error('changed');
    controller.abort(reason);
    expect(await opening).toBe(reason);
    finish(late);
    await once(late, 'close');
  });

  test('sees the signal abort, and its own error takes precedence', async () => {
    const own = new HandshakeError('the proxy is slow', { phase: 'proxy', fault: 'network' });
    const dial: Dial = (_destination, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(own)));
    expect(await rejection('ws://h/', { dial, handshakeTimeout: 20 })).toBe(own);
  });
});

describe('startTls()', () => {
  test('works over any Duplex', async () => {
    const port = await acceptingServer({ secure: true });
    const overDuplex: Dial = async (destination, signal, options) => {
      const socket = await dial({ ...destination, secure: false }, signal, options);
      const duplex = new Duplex({
        read: () => void socket.resume(),
        write: (chunk, _encoding, done) => void socket.write(chunk, done),
        final: done => void socket.end(done),
        destroy: (error, done) => {
          socket.destroy();
          done(error);
        },
      });
      socket.on('data', chunk => duplex.push(chunk)).on('end', () => duplex.push(null));
      return await startTls(duplex, destination, signal, options.tls);
    };
    const connection = await open(`wss://localhost:${port}/`, { dial: overDuplex, tls: { ca: TLS_CERTIFICATE } });
    expect(connection.transport.tls).toMatchObject({ authorized: true });
    expect(connection.state).toBe('open');
  });

  test('destroys the Duplex if the handshake fails', async () => {
    const [near, far] = duplexPair();
    far.end('this is not TLS');
    const destination = { href: 'wss://h/', secure: true, hostname: 'h', port: 443, host: 'h', target: '/' } as const;
    const starting = startTls(near, { ...destination, socketPath: undefined }, new AbortController().signal);
    await expect(starting).rejects.toMatchObject({ phase: 'tls', fault: 'network', url: 'wss://h/' });
    expect(near.destroyed).toBe(true);
  });
});
