import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Duplex, type DuplexOptions, PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../../src/framing/frame-encoder.js';
import { OPCODE } from '../../../src/framing/opcode.js';
import { connect, type ServerOptions, WebSocketServer } from '../../../src/index.js';
import { headerOf, incomingRequest, request } from '../../helpers/http-heads.js';
import { watch } from '../../helpers/open-server.js';
import { rawConnect } from '../../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';

/** A server of node's that serves a page everywhere, on a free port. */
async function pages(secure = false): Promise<{ pages: http.Server; port: number }> {
  const page = (_request: IncomingMessage, response: http.ServerResponse) => void response.end('a page');
  const server = secure
    ? (https.createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY }, page) as unknown as http.Server)
    : http.createServer(page);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { pages: server, port: (server.address() as AddressInfo).port };
}

function attached(server: http.Server, options: ServerOptions<unknown> = {}) {
  return watch(new WebSocketServer({ server, ...options }));
}

/** What a raw request is answered. */
async function statusOf(port: number, head: string): Promise<string> {
  const peer = await rawConnect(port);
  peer.write(head);
  const answer = await peer.head();
  peer.socket.destroy();
  return answer.slice(9, 12);
}

async function page(port: number, options: http.RequestOptions = {}): Promise<string> {
  const asked = http.get({ port, host: '127.0.0.1', agent: false, ...options });
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return `${response.statusCode} ${body}`;
}

describe('on a server of node:http', () => {
  test('serves pages and connections at the same time', async () => {
    const { pages: server, port } = await pages();
    const { connections, requests } = attached(server, { path: '/chat' });
    expect(await page(port)).toBe('200 a page');
    const connection = await connect(`ws://127.0.0.1:${port}/chat?x=1`);
    expect(requests[0]).toMatchObject({ path: '/chat', query: 'x=1', transport: { localPort: port } });
    connections[0]!.on('message', data => connections[0]!.send(data));
    connection.send('hello');
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('hello');
    expect(await page(port)).toBe('200 a page');
    expect(await page(port, { path: '/chat' })).toBe('200 a page');
    await connection.close(1000);
    expect(await connections[0]!.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('noDelay is set, and the idle timeout of the node:http server no longer applies', async () => {
    const { pages: server, port } = await pages();
    server.timeout = 60;
    const { connections } = attached(server);
    const sockets: Duplex[] = [];
    server.on('connection', socket => sockets.push(socket));
    const connection = await connect(`ws://127.0.0.1:${port}/`);
    onTestFinished(() => connection.terminate());
    await wait(150);
    expect(connections[0]!.state).toBe('open');
    expect((sockets[0] as unknown as { timeout?: number }).timeout).toBe(0);
  });

  test('node:https', async () => {
    const { pages: server, port } = await pages(true);
    const { requests } = attached(server);
    const connection = await connect(`wss://localhost:${port}/chat`, { tls: { ca: TLS_CERTIFICATE } });
    expect(requests[0]!.transport.tls?.version).toBe('TLSv1.3');
    await connection.close();
  });

  test('early frames in `head` and later frames are delivered', async () => {
    const { pages: server, port } = await pages();
    const { connections } = attached(server, { authorize: () => wait(30).then(() => true) });
    const peer = await rawConnect(port);
    const long = 'x'.repeat(100_000);
    const frames = [encodeFrame('client', OPCODE.TEXT, 'one'), encodeFrame('client', OPCODE.TEXT, long)];
    peer.write(Buffer.concat([Buffer.from(request()), ...frames]));
    await peer.head();
    const messages = connections[0]![Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe('one');
    expect((await messages.next()).value).toBe(long);
  });

  test.each<[name: string, head: string, status: number]>([
    ['HTTP/1.0', request({ line: 'GET /chat HTTP/1.0' }), 400],
    ['two Hosts', request({ add: ['Host: server.example.com'] }), 400],
    ['POST', request({ line: 'POST /chat HTTP/1.1' }), 405],
    ['HEAD', request({ line: 'HEAD /chat HTTP/1.1' }), 405],
    ['a body by Content-Length (GHSA-mfx4-hv73-q22v)', `${request({ add: ['Content-Length: 6'] })}\x81\x80abcd`, 400],
    ['a body in chunks', `${request({ add: ['Transfer-Encoding: chunked'] })}0\r\n\r\n`, 400],
    ['another protocol', request({ set: { Upgrade: 'h2c' } }), 426],
    ['another version', request({ set: { 'Sec-WebSocket-Version': '8' } }), 426],
    ['two keys', request({ add: ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='] }), 400],
    ['a page of another server', request({ set: { Origin: 'https://evil.example' } }), 403],
    ['two Origins', request({ add: ['Origin: http://server.example.com', 'Origin: http://server.example.com'] }), 403],
  ])('%s is refused by the same rules', async (_name, head, status) => {
    const { pages: server, port } = await pages();
    const { refusals, connections } = attached(server, { path: '/chat' });
    const peer = await rawConnect(port);
    peer.write(`${head}${request()}`);
    const answer = await peer.head();
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(headerOf(answer, 'Connection')).toMatch(/^close/);
    await peer.ended;
    expect(peer.text).not.toContain('HTTP/1.1');
    expect(refusals).toEqual([[status, expect.objectContaining({ target: '/chat' })]]);
    expect(connections).toEqual([]);
  });

  test('a wss URI as the target, and empty lists of subprotocols and extensions', async () => {
    const { pages: server, port } = await pages();
    const { requests } = attached(server, { path: '/chat', hosts: ['b.example'], subprotocols: ['chat'] });
    const line = 'GET wss://b.example:444/chat?x=1 HTTP/1.1';
    const set = { 'Sec-WebSocket-Protocol': '', 'Sec-WebSocket-Extensions': '', Origin: 'https://b.example:444' };
    const peer = await rawConnect(port);
    peer.write(request({ line, set }));
    const answer = await peer.head();
    expect(answer).toContain(' 101 ');
    expect(answer).not.toContain('Sec-WebSocket-Protocol');
    expect(requests[0]).toMatchObject({ host: 'b.example:444', path: '/chat', query: 'x=1', subprotocols: [] });
  });

  test('a missing Host that Node accepts is refused', async () => {
    const server = http.createServer({ requireHostHeader: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    attached(server);
    const { port } = server.address() as AddressInfo;
    expect(await statusOf(port, request({ set: { Host: undefined } }))).toBe('400');
  });
});

describe('several on one server', () => {
  test('each gets the upgrades for its path; one without a path gets all others', async () => {
    const { pages: server, port } = await pages();
    const everything = attached(server);
    const a = attached(server, { path: '/a' });
    const b = attached(server, { path: '/b' });
    expect(server.listenerCount('upgrade')).toBe(2);
    for (const path of ['/a', '/b?x', '/c', '*']) await statusOf(port, request({ line: `GET ${path} HTTP/1.1` }));
    expect(a.requests.map(({ target }) => target)).toEqual(['/a']);
    expect(b.requests.map(({ target }) => target)).toEqual(['/b?x']);
    expect(everything.requests.map(({ target }) => target)).toEqual(['/c']);
    expect(everything.refusals.map(([status]) => status)).toEqual([400]);
  });

  test('one that closes does not affect the others or the node:http server', async () => {
    const { pages: server, port } = await pages();
    const a = attached(server, { path: '/a' });
    const b = attached(server, { path: '/b' });
    const ask = (path: string) => statusOf(port, request({ line: `GET ${path} HTTP/1.1` }));
    expect(await ask('/a')).toBe('101');
    await a.server.close({ timeout: 0 });
    expect([await ask('/a'), await ask('/b')]).toEqual(['404', '101']);
    await b.server.close({ timeout: 0 });
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(await page(port)).toBe('200 a page');
    const again = attached(server, { path: '/a' });
    expect(await ask('/a')).toBe('101');
    expect(again.connections).toHaveLength(1);
  });
});

describe('constructing a second server for the same upgrades throws', () => {
  test.each([
    ['of one path', '/a'],
    ['of all paths', undefined],
  ])('%s', async (_name, path) => {
    const { pages: server, port } = await pages();
    const options = path === undefined ? {} : { path };
    const first = attached(server, options);
    const construct = () => new WebSocketServer({ server, ...options });
    expect(construct).toThrow(RangeError);
    expect(construct).toThrow('is attached to this server: give each');
    expect(await statusOf(port, request({ line: 'GET /a HTTP/1.1' }))).toBe('101');
    expect(first.connections).toHaveLength(1);
    await first.server.close({ timeout: 0 });
    attached(server, options);
    expect(await statusOf(port, request({ line: 'GET /a HTTP/1.1' }))).toBe('101');
  });

  test('the same path can be used on another node:http server', async () => {
    const [one, other] = [await pages(), await pages()];
    attached(one.pages, { path: '/a' });
    expect(() => attached(other.pages, { path: '/a' })).not.toThrow();
  });
});

describe('upgrades for other paths', () => {
  test('are answered with 404 if there is no other listener, and `refused` says which path was asked for', async () => {
    const { pages: server, port } = await pages();
    const { refusals, details } = attached(server, { path: '/chat' });
    const second = attached(server, { path: '/news' });
    const peer = await rawConnect(port);
    peer.write(request({ line: 'GET /other HTTP/1.1' }));
    const answer = await peer.head();
    expect(answer).toContain(' 404 Not Found');
    expect(headerOf(answer, 'Connection')).toBe('close');
    await peer.ended;
    expect(peer.text).toContain('path');
    expect(refusals).toEqual([[404, expect.objectContaining({ path: '/other', host: 'server.example.com' })]]);
    expect(details[0]).toMatch(/"\/other".*option path.*"\/chat"/);
    expect(second.refusals).toEqual([]);
  });

  test.each(['before', 'behind'])('are left to other listeners, added %s ours', async order => {
    const { pages: server, port } = await pages();
    const theirs: string[] = [];
    const listen = () =>
      server.on('upgrade', async (incoming: IncomingMessage, socket: Duplex) => {
        theirs.push(incoming.url!);
        await wait(10);
        if (incoming.url !== '/chat') socket.end('HTTP/1.1 299 Theirs\r\n\r\n');
      });
    if (order === 'before') listen();
    const { requests } = attached(server, { path: '/chat' });
    if (order === 'behind') listen();
    expect(await statusOf(port, request({ line: 'GET /other HTTP/1.1' }))).toBe('299');
    expect(await statusOf(port, request({ line: 'GET /chat HTTP/1.1' }))).toBe('101');
    expect(theirs).toEqual(['/other', '/chat']);
    expect(requests).toHaveLength(1);
  });

  test('an RST after the 404 does no harm', async () => {
    const { pages: server, port } = await pages();
    attached(server, { path: '/chat' });
    for (let i = 0; i < 5; i++) {
      const peer = await rawConnect(port);
      peer.socket.write(request({ line: 'GET /other HTTP/1.1' }), () => peer.reset());
      await peer.closed;
    }
    expect(await page(port)).toBe('200 a page');
  });
});

describe('noServer and handleUpgrade()', () => {
  test('accepts upgrades passed to handleUpgrade()', async () => {
    const { pages: server, port } = await pages();
    const watched = watch(new WebSocketServer({ noServer: true }));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (incoming.headers.cookie === undefined) return void socket.end('HTTP/1.1 401 Who\r\n\r\n');
      watched.server.handleUpgrade(incoming, socket, head);
    });
    expect(watched.server.address()).toBeNull();
    expect(await statusOf(port, request())).toBe('401');
    expect(await statusOf(port, request({ add: ['Cookie: a=b'] }))).toBe('101');
    expect(await statusOf(port, request({ add: ['Cookie: a=b'], set: { 'Sec-WebSocket-Key': 'x' } }))).toBe('400');
    expect(watched.requests.map(({ headers }) => headers.get('cookie'))).toEqual(['a=b']);
    expect(watched.refusals).toEqual([[400, expect.objectContaining({ path: '/chat' })]]);
  });

  test.each<[message: string, request: unknown, socket: unknown, head: unknown]>([
    ['request must be an IncomingMessage, got an object', {}, {}, {}],
    ['request must be an IncomingMessage, got null', null, {}, {}],
    ['socket must be a Duplex, got an object', { rawHeaders: [] }, {}, {}],
    ['socket must be a Duplex, got undefined', { rawHeaders: [] }, undefined, {}],
    ['head must be a Buffer, got an object', { rawHeaders: [] }, new Duplex(), {}],
    ['head must be a Buffer, got undefined', { rawHeaders: [] }, new Duplex(), undefined],
  ])('a wrong argument rejects: %s', async (message, incoming, socket, head) => {
    const { server } = watch(new WebSocketServer({ noServer: true }));
    const outcome = server.handleUpgrade(incoming as IncomingMessage, socket as Duplex, head as Buffer);
    await expect(outcome).rejects.toThrow(TypeError);
    await expect(outcome).rejects.toThrow(message);
    await server.close();
  });

  test('a client that has disconnected before handleUpgrade() gets no connection', async () => {
    const { pages: server, port } = await pages();
    const watched = watch(new WebSocketServer({ noServer: true }));
    const peer = await rawConnect(port);
    const brought = new Promise<void>(resolve => {
      server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
        // As an application that asks its database first.
        socket.on('error', () => {});
        socket.on('close', () => {
          watched.server.handleUpgrade(incoming, socket, head);
          resolve();
        });
        socket.resume();
        peer.reset();
      });
    });
    peer.write(request());
    await brought;
    await wait(10);
    expect([watched.connections, watched.refusals]).toEqual([[], []]);
    await watched.server.close();
  });

  test('close() while authorize() decides answers 503', async () => {
    const { pages: server, port } = await pages();
    const watched = watch(new WebSocketServer({ noServer: true, authorize: () => true }));
    server.on('upgrade', (incoming, socket, head) => {
      watched.server.handleUpgrade(incoming, socket, head);
      void watched.server.close();
    });
    expect(await statusOf(port, request())).toBe('503');
    expect(watched.connections).toEqual([]);
  });

  test('a socket whose end() was called rejects, and the response written before end() arrives', async () => {
    const { pages: server, port } = await pages();
    const watched = watch(new WebSocketServer({ noServer: true }));
    const thrown: unknown[] = [];
    server.on('upgrade', (incoming, socket, head) => {
      socket.end('HTTP/1.1 299 Theirs\r\n\r\n');
      watched.server.handleUpgrade(incoming, socket, head).catch((error: unknown) => thrown.push(error));
    });
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.ended;
    expect(peer.text).toBe('HTTP/1.1 299 Theirs\r\n\r\n');
    expect(thrown).toEqual([expect.any(RangeError)]);
    expect(String(thrown[0])).toContain('socket must be open for writing, but end() was called on it');
    expect(watched.refusals).toEqual([]);
  });

  test('a socket that is passed twice, to the same server or another, rejects the second time', async () => {
    const { pages: server, port } = await pages();
    const first = watch(new WebSocketServer({ noServer: true }));
    const second = watch(new WebSocketServer({ noServer: true }));
    const thrown: unknown[] = [];
    server.on('upgrade', (incoming, socket, head) => {
      first.server.handleUpgrade(incoming, socket, head);
      for (const { server: again } of [first, second]) {
        again.handleUpgrade(incoming, socket, head).catch((error: unknown) => thrown.push(error));
      }
    });
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.head();
    expect(thrown).toEqual([expect.any(RangeError), expect.any(RangeError)]);
    expect(String(thrown[0])).toContain('socket was passed to handleUpgrade() before');
    expect([first.connections.length, second.connections.length]).toEqual([1, 0]);
    expect(peer.text).toBe('');
    await Promise.all([first.server.close({ timeout: 50 }), second.server.close({ timeout: 50 })]);
  });

  test('an attached server ignores sockets that other listeners took or answered before', async () => {
    const { pages: server, port } = await pages();
    const theirs = watch(new WebSocketServer({ noServer: true }));
    server.on('upgrade', (incoming, socket, head) => {
      if (incoming.url === '/theirs') theirs.server.handleUpgrade(incoming, socket, head);
      else if (incoming.url === '/no') socket.end('HTTP/1.1 299 Theirs\r\n\r\n');
    });
    const ours = attached(server);
    const ask = (path: string) => statusOf(port, request({ line: `GET ${path} HTTP/1.1` }));
    expect([await ask('/theirs'), await ask('/no'), await ask('/ours')]).toEqual(['101', '299', '101']);
    expect(theirs.requests.map(({ path }) => path)).toEqual(['/theirs']);
    expect(ours.requests.map(({ path }) => path)).toEqual(['/ours']);
  });

  test('after close(), every upgrade gets 503', async () => {
    const { pages: server, port } = await pages();
    const watched = watch(new WebSocketServer({ noServer: true }));
    server.on('upgrade', (incoming, socket, head) => watched.server.handleUpgrade(incoming, socket, head));
    await watched.server.close();
    expect(await statusOf(port, request())).toBe('503');
    expect(watched.refusals).toEqual([[503, expect.objectContaining({ path: '/chat' })]]);
    expect(watched.details).toEqual(['This server is shutting down.']);
  });

  test('after close(), a client that has already disconnected is not refused', async () => {
    const watched = watch(new WebSocketServer({ noServer: true }));
    await watched.server.close();
    const socket = new PassThrough();
    socket.destroy();
    await once(socket, 'close');
    watched.server.handleUpgrade({ rawHeaders: [] } as unknown as IncomingMessage, socket, Buffer.alloc(0));
    expect(watched.refusals).toEqual([]);
  });

  test('close() ends handshakes that wait for authorize(), and connections', async () => {
    const { pages: server, port } = await pages();
    let asked = 0;
    const watched = attached(server, {
      authorize: ({ path }) => {
        asked++;
        return path === '/now' ? true : new Promise(() => {});
      },
    });
    const connection = await connect(`ws://127.0.0.1:${port}/now`);
    const peer = await rawConnect(port);
    peer.write(request());
    await expect.poll(() => asked).toBe(2);
    const closed = watched.server.close();
    expect(await peer.head()).toContain(' 503 ');
    expect(watched.refusals).toEqual([[503, expect.objectContaining({ path: '/chat' })]]);
    await closed;
    expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true });
    expect(server.listening).toBe(true);
  });

  test('a Duplex that is not a socket is accepted', async () => {
    const { pages: server, port } = await pages();
    const setTimeoutOfSocket = vi.fn();
    const watched = watch(new WebSocketServer({ noServer: true }));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A Duplex that hands on to the socket, as a proxy's or a tunnel's would.
      const duplex = new Proxy(socket, {
        getPrototypeOf: () => Object.getPrototypeOf(Object.getPrototypeOf(socket)),
        get: (target, name) => {
          if (name === 'setTimeout' || name === 'setNoDelay') return setTimeoutOfSocket;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      watched.server.handleUpgrade(incoming, duplex, head);
    });
    expect(await statusOf(port, request())).toBe('101');
    expect(setTimeoutOfSocket).not.toHaveBeenCalled();
  });
});

describe('a socket that another listener uses while authorize() decides is left to that listener', () => {
  test.each<[what: string, act: (socket: Duplex) => void, seen: string, warnings: number]>([
    ['answers and ends it', socket => socket.end('HTTP/1.1 299 Theirs\r\n\r\n'), 'HTTP/1.1 299 Theirs\r\n\r\n', 1],
    ['answers and keeps it', socket => socket.write('HTTP/1.1 101 Theirs\r\n\r\n'), 'HTTP/1.1 101 Theirs\r\n\r\n', 1],
    ['destroys it', socket => socket.destroy(), '', 0],
  ])('%s', async (_what, act, seen, warnings) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    for (const answer of [true, false]) {
      warned.mockClear();
      const { pages: server, port } = await pages();
      let decide = () => {};
      let signal: AbortSignal | undefined;
      const watched = attached(server, {
        authorize: (_request, options) => {
          signal = options.signal;
          return new Promise<boolean>(resolve => {
            decide = () => resolve(answer);
          });
        },
      });
      const taken: Duplex[] = [];
      server.on('upgrade', (_incoming, socket) => taken.push(socket.on('data', () => {})));
      for (let i = 0; i < 2; i++) {
        const peer = await rawConnect(port);
        peer.write(request());
        await expect.poll(() => taken.length).toBe(i + 1);
        act(taken[i]!);
        decide();
        await wait(20);
        expect(signal?.aborted).toBe(true);
        expect(peer.text).toBe(seen);
        expect(taken[i]!.destroyed).toBe(warnings === 0);
        peer.socket.destroy();
      }
      expect([watched.connections, watched.refusals, watched.failures]).toEqual([[], [], []]);
      expect(watched.server.clients.size).toBe(0);
      // One for each server, however many requests.
      expect(warned).toHaveBeenCalledTimes(warnings);
      if (warnings > 0) expect(warned.mock.calls[0]![0]).toContain("another 'upgrade' listener");
      await watched.server.close({ timeout: 50 });
    }
  });

  test('close() does not answer it either', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => void vi.restoreAllMocks());
    const { pages: server, port } = await pages();
    const watched = attached(server, { authorize: () => new Promise(() => {}) });
    server.on('upgrade', (_incoming, socket) => {
      socket.on('data', () => {});
      socket.write('HTTP/1.1 101 Theirs\r\n\r\n');
    });
    const peer = await rawConnect(port);
    peer.write(request());
    expect(await peer.head()).toContain(' 101 Theirs');
    await watched.server.close();
    peer.write('theirs');
    await wait(20);
    expect([peer.text, peer.hasEnded]).toEqual(['', false]);
  });
});

test('the socket ends if the response to an earlier, pipelined request is written while authorize() decides', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const { pages: server, port } = await pages();
  server.removeAllListeners('request');
  const responses: http.ServerResponse[] = [];
  server.on('request', (_request, response) => responses.push(response));
  let decide = () => {};
  const watched = attached(server, {
    authorize: () =>
      new Promise<true>(resolve => {
        decide = () => resolve(true);
      }),
  });
  const peer = await rawConnect(port);
  peer.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${request()}`);
  await expect.poll(() => responses.length).toBe(1);
  responses[0]!.end('a page');
  await peer.until(() => peer.text.includes('a page'));
  decide();
  await peer.ended;
  expect(peer.text).not.toContain(' 101 ');
  expect([watched.connections, watched.refusals]).toEqual([[], []]);
});

test('a client that half-closed before handleUpgrade() gets no connection', async () => {
  const { pages: server, port } = await pages();
  const watched = watch(new WebSocketServer({ noServer: true }));
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('end', () => setImmediate(() => watched.server.handleUpgrade(incoming, socket, head)));
    socket.resume();
  });
  const peer = await rawConnect(port);
  peer.socket.end(request());
  await peer.closed;
  expect(peer.text).toBe('');
  expect([watched.connections, watched.refusals]).toEqual([[], []]);
});

test('handleUpgrade() does not reject if the client’s FIN has ended the socket', async () => {
  const { server, refusals } = watch(new WebSocketServer({ noServer: true }));
  const socket = new Duplex({
    allowHalfOpen: false,
    read() {},
    write: (_chunk, _encoding, done) => done(),
    // The end stays under way, as that of TLS does.
    final() {},
  });
  socket.push(null);
  socket.resume();
  await once(socket, 'end');
  expect([socket.writableEnded, socket.destroyed]).toEqual([true, false]);
  expect(await server.handleUpgrade(incomingRequest(), socket, Buffer.alloc(0))).toBeUndefined();
  expect([socket.destroyed, refusals]).toEqual([true, []]);
});

describe('close() of a server settles within its time and 200 ms', () => {
  const sockets: ReadonlyArray<readonly [what: string, options: DuplexOptions]> = [
    ['emits no close', { emitClose: false }],
    ['has a _destroy() that never calls back', { destroy() {} }],
    ['has a write() that never calls back', { write() {}, emitClose: false }],
    ['has a _final() that never calls back', { final() {}, emitClose: false }],
  ];
  const make = (options: DuplexOptions) =>
    new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), ...options });

  test.each(sockets)('over a Duplex that %s: open, refused and waiting', async (_what, options) => {
    const watched = watch(
      new WebSocketServer({
        noServer: true,
        authorize: ({ path }) => (path === '/wait' ? new Promise<never>(() => {}) : path === '/yes'),
      }),
    );
    for (const path of ['/yes', '/no', '/wait']) {
      watched.server.handleUpgrade(incomingRequest({ line: `GET ${path} HTTP/1.1` }), make(options), Buffer.alloc(0));
    }
    await expect.poll(() => [watched.connections.length, watched.refusals.length]).toEqual([1, 1]);
    const start = performance.now();
    await watched.server.close({ timeout: 50 });
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(await watched.connections[0]!.closed).toMatchObject({ code: 1006 });
    expect(watched.server.clients.size).toBe(0);
  });

  test('over a socket that ignores destroy()', async () => {
    const watched = watch(new WebSocketServer({ noServer: true }));
    const socket = Object.assign(make({}), { destroy() {} });
    watched.server.handleUpgrade(incomingRequest(), socket, Buffer.alloc(0));
    await watched.server.close({ timeout: 20 });
    expect(watched.server.clients.size).toBe(0);
  });

  test('over a Duplex whose write() throws, which becomes no connection', async () => {
    const watched = watch(new WebSocketServer({ noServer: true, authorize: ({ path }) => path === '/yes' }));
    for (const path of ['/yes', '/no']) {
      const socket = Object.assign(make({}), {
        write() {
          throw new Error('not now');
        },
      });
      watched.server.handleUpgrade(incomingRequest({ line: `GET ${path} HTTP/1.1` }), socket, Buffer.alloc(0));
      await once(socket, 'close');
    }
    expect(watched.connections).toEqual([]);
  });
});
