import dns from 'node:dns';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { isKey } from '../../src/handshake/http1/key.js';
import {
  type ConnectOptions,
  connect,
  HandshakeError,
  type WebSocketConnection,
  type WireTap,
} from '../../src/index.js';
import { headerOf, plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { closedPort, type RawPeer, rawServer } from '../helpers/raw-peer.js';
import { TapLog } from '../helpers/tap-log.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

const CA: ConnectOptions = { tls: { ca: TLS_CERTIFICATE } };

/** connect(), ended with the test. */
async function open(url: string, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const connection = await connect(url, options);
  onTestFinished(() => connection.terminate());
  return connection;
}

/** What connect() rejects with. */
async function failure(url: string, options: ConnectOptions = {}): Promise<HandshakeError> {
  const error = await connect(url, options).then(
    connection => {
      connection.terminate();
      throw new Error('it connected');
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

/** Answers a request with a valid 101 and these bytes behind it, in one segment. */
async function accept(peer: RawPeer, bytesBehind: Uint8Array = Buffer.alloc(0), ...lines: string[]): Promise<string> {
  const request = await peer.head();
  peer.write(Buffer.concat([Buffer.from(switchingProtocols(request, ...lines)), bytesBehind]));
  return request;
}

function acceptAll(peer: RawPeer): Promise<string> {
  return accept(peer);
}

function textFrame(text: string): Uint8Array {
  return encodeFrame('server', OPCODE.TEXT, text);
}

const TWOFOLD = 'twofold.example';

/** Has the name TWOFOLD looked up as these addresses, in this order. */
function resolveTo(...addresses: ReadonlyArray<{ address: string; family: 4 | 6 }>): void {
  const really = dns.lookup as (...args: unknown[]) => void;
  const lookup = vi.spyOn(dns, 'lookup');
  onTestFinished(() => lookup.mockRestore());
  lookup.mockImplementation(((name: string, options: dns.LookupOptions, found: (...args: unknown[]) => void) => {
    if (name !== TWOFOLD) return really(name, options, found);
    const matching = addresses.filter(entry => !options.family || entry.family === options.family);
    if (options.all === true) process.nextTick(found, null, matching);
    else process.nextTick(found, null, matching[0]!.address, matching[0]!.family);
  }) as never);
}

function temporarySocket(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'a.sock');
}

describe('the request (RFC 6455 §4.1)', () => {
  test('has all required parts, and the connection has the agreement [4.1-2] [4.1-18] [4.1-22] [4.1-32] [4.1-35] [4.1-39]', async () => {
    const requests: string[] = [];
    const server = await rawServer(async peer => {
      requests.push(await accept(peer, undefined, 'Sec-WebSocket-Protocol: chat.v1'));
    });
    const connection = await open(`ws://127.0.0.1:${server.port}/chat?room=1`, {
      subprotocols: ['chat.v2', 'chat.v1'],
      origin: 'https://example.com',
      headers: { 'X-Id': '7' },
    });
    const [request = ''] = requests;
    expect(request.startsWith('GET /chat?room=1 HTTP/1.1\r\n')).toBe(true);
    expect(headerOf(request, 'Host')).toBe(`127.0.0.1:${server.port}`);
    expect(headerOf(request, 'Upgrade')).toBe('websocket');
    expect(headerOf(request, 'Connection')).toBe('Upgrade');
    expect(isKey(headerOf(request, 'Sec-WebSocket-Key') ?? '')).toBe(true);
    expect(headerOf(request, 'Sec-WebSocket-Version')).toBe('13');
    expect(headerOf(request, 'Sec-WebSocket-Protocol')).toBe('chat.v2, chat.v1');
    expect(headerOf(request, 'Sec-WebSocket-Extensions')).toBeUndefined();
    expect(headerOf(request, 'Origin')).toBe('https://example.com');
    expect(headerOf(request, 'X-Id')).toBe('7');
    expect(headerOf(request, 'Authorization')).toBeUndefined();
    expect(connection).toMatchObject({ role: 'client', state: 'open', subprotocol: 'chat.v1', extensions: '' });
    expect(connection.transport).toMatchObject({
      localAddress: '127.0.0.1',
      remoteAddress: '127.0.0.1',
      remotePort: server.port,
    });
  });

  test('has Basic credentials for user:password of the URL, unless the caller passes Authorization', async () => {
    const requests: string[] = [];
    const server = await rawServer(async peer => requests.push(await accept(peer)));
    await open(`ws://user:p%40ss@127.0.0.1:${server.port}/`);
    await open(`ws://user:p%40ss@127.0.0.1:${server.port}/`, { headers: { authorization: 'Bearer x' } });
    expect(headerOf(requests[0]!, 'Authorization')).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(requests[0]).not.toContain('user:p');
    expect(headerOf(requests[1]!, 'Authorization')).toBe('Bearer x');
    expect(requests[1]).not.toContain('Basic');
  });

  test('has a fresh key each time [4.1-30]', async () => {
    const keys = new Set<string | undefined>();
    const server = await rawServer(async peer => keys.add(headerOf(await accept(peer), 'Sec-WebSocket-Key')));
    for (let i = 0; i < 3; i++) await open(`ws://127.0.0.1:${server.port}/`);
    expect(keys.size).toBe(3);
  });
});

describe('transports', () => {
  test('IPv6', async () => {
    const requests: string[] = [];
    const server = await rawServer(async peer => requests.push(await accept(peer)), { host: '::1' });
    const connection = await open(`ws://[::1]:${server.port}/`);
    expect(headerOf(requests[0]!, 'Host')).toBe(`[::1]:${server.port}`);
    expect(connection.transport.remoteAddress).toBe('::1');
  });

  test.each([
    ['127.0.0.1', 4],
    ['::1', 6],
  ] as const)(
    'a server at %s alone is found behind a name with both families, and by family %i',
    async (host, family) => {
      const other =
        family === 4 ? ({ address: '::1', family: 6 } as const) : { address: '127.0.0.1', family: 4 as const };
      resolveTo(other, { address: host, family });
      const server = await rawServer(acceptAll, { host });
      for (const socket of [{}, { family: 0 }, { family }] as const) {
        const connection = await open(`ws://${TWOFOLD}:${server.port}/`, { socket });
        expect(connection.transport.remoteAddress).toBe(host);
      }
      expect(await failure(`ws://${TWOFOLD}:${server.port}/`, { socket: { family: other.family } })).toMatchObject({
        phase: 'connect',
        fault: 'network',
      });
    },
  );

  test('slow addresses are waited for: an attempt is not abandoned when the next one starts', async () => {
    resolveTo({ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 });
    const addresses: unknown[] = [];
    const connectLater = vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) => {
      addresses.push(options.host);
      const socket = new net.Socket(options as net.SocketConstructorOpts);
      setTimeout(() => socket.destroyed || socket.connect(options), 400);
      return socket;
    }) as never);
    onTestFinished(() => connectLater.mockRestore());
    const server = await rawServer(acceptAll);
    const connection = await open(`ws://${TWOFOLD}:${server.port}/`);
    expect(connection.transport.remoteAddress).toBe('127.0.0.1');
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  test('the error names the addresses of both families if none works', async () => {
    resolveTo({ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 });
    const port = await closedPort();
    const error = await failure(`ws://${TWOFOLD}:${port}/`);
    expect(error.summary).toBe(
      `connecting to ${TWOFOLD}:${port} failed: connect ECONNREFUSED ::1:${port}; connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    expect(error).toMatchObject({ phase: 'connect', hint: expect.stringContaining('nothing listens at this port') });
  });

  test('localAddress', async () => {
    const server = await rawServer(acceptAll);
    const connection = await open(`ws://127.0.0.1:${server.port}/`, { socket: { localAddress: '127.0.0.2' } });
    expect(connection.transport.localAddress).toBe('127.0.0.2');
  });

  test('the transport of a Unix domain socket has its path', async () => {
    const path = temporarySocket();
    const requests: string[] = [];
    await rawServer(async peer => requests.push(await accept(peer)), { path });
    const connection = await open(`ws+unix:${path}:/chat?x`);
    expect(requests[0]!.startsWith('GET /chat?x HTTP/1.1\r\nHost: localhost\r\n')).toBe(true);
    expect(connection.transport).toEqual({ remoteAddress: path });
  });

  test('TLS has SNI for names but not for addresses, ALPN http/1.1, and the certificate in the transport [4.1-14] [4.1-16] [4.1-17]', async () => {
    const names: unknown[] = [];
    const server = await rawServer(
      async peer => {
        names.push((peer.socket as TLSSocket & { servername: unknown }).servername);
        await accept(peer);
      },
      { secure: true, alpn: ['h2', 'http/1.1'] },
    );
    const connection = await open(`wss://localhost:${server.port}/`, CA);
    await open(`wss://127.0.0.1:${server.port}/`, CA);
    expect(names).toEqual(['localhost', false]);
    expect(connection.transport.tls).toMatchObject({
      version: 'TLSv1.3',
      alpn: 'http/1.1',
      authorized: true,
      certificate: { subject: 'localhost', issuer: 'localhost' },
    });
  });

  test('noDelay and allowHalfOpen are set, over TCP and over TLS', async () => {
    const setNoDelay = vi.spyOn(net.Socket.prototype, 'setNoDelay');
    const overTcp = vi.spyOn(tls, 'connect');
    onTestFinished(() => void [setNoDelay.mockRestore(), overTcp.mockRestore()]);
    for (const secure of [false, true]) {
      setNoDelay.mockClear();
      const server = await rawServer(acceptAll, { secure });
      await open(`${secure ? 'wss' : 'ws'}://localhost:${server.port}/`, CA);
      expect(setNoDelay.mock.calls.at(-1)).toEqual([true]);
      const [ours] = setNoDelay.mock.contexts.slice(-1) as net.Socket[];
      expect(ours).toMatchObject({ remotePort: server.port, allowHalfOpen: true });
      if (secure) expect(overTcp.mock.results.at(-1)?.value).toMatchObject({ allowHalfOpen: true });
    }
  });
});

describe('frames that arrive early', () => {
  test('after the 101 in its segment are kept, and delivered in order once there is a listener', async () => {
    const server = await rawServer(peer => accept(peer, Buffer.concat([textFrame('one'), textFrame('two')])));
    const connection = await open(`ws://127.0.0.1:${server.port}/`);
    const [peer] = server.peers;
    peer!.write(textFrame('three'));
    await new Promise(resolve => setTimeout(resolve, 20));
    const messages: unknown[] = [];
    connection.on('message', data => messages.push(data));
    await expect.poll(() => messages).toEqual(['one', 'two', 'three']);
  });

  test('may be cut in the middle of a frame', async () => {
    const frame = textFrame('split');
    const server = await rawServer(peer => accept(peer, frame.subarray(0, 3)));
    const connection = await open(`ws://127.0.0.1:${server.port}/`);
    server.peers[0]!.write(frame.subarray(3));
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('split');
  });

  test('a message and a Close frame after the 101: the application’s answer is sent before our Close frame', async () => {
    const close = encodeFrame('server', OPCODE.CLOSE, Buffer.from([0x03, 0xe9]));
    const server = await rawServer(async peer => {
      await accept(peer, Buffer.concat([textFrame('ping'), close]));
      await peer.frames('client', 2);
      peer.socket.end();
    });
    const connection = await open(`ws://127.0.0.1:${server.port}/`);
    const sent: Array<boolean | undefined> = [];
    connection.on('message', data => sent.push(connection.send(data)));
    expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true });
    expect(sent).toEqual([true]);
  });

  test('a Close frame after the 101 is answered', async () => {
    const close = encodeFrame('server', OPCODE.CLOSE, Buffer.from([0x03, 0xe9]));
    const server = await rawServer(async peer => {
      await accept(peer, close);
      await peer.frames('client', 1);
      peer.socket.end();
    });
    const connection = await open(`ws://127.0.0.1:${server.port}/`);
    expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true, initiator: 'remote' });
  });

  test('a server that ends TCP after its 101', async () => {
    const server = await rawServer(async peer => {
      await accept(peer, textFrame('last words'));
      peer.socket.end();
    });
    const connection = await open(`ws://127.0.0.1:${server.port}/`);
    expect(await connection.closed).toMatchObject({ code: 1006, wasClean: false });
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('last words');
  });
});

describe('responses other than 101', () => {
  test('the error has status, headers, body and a hint', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(plainResponse('403 Forbidden', ['X-Why: no'], 'not you'));
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    expect(error).toMatchObject({
      summary: 'the server answered 403 Forbidden',
      code: 'WS101_HANDSHAKE_FAILED',
      phase: 'response',
      fault: 'peer',
      status: 403,
      body: 'not you',
    });
    expect(error.headers.lines).toEqual([
      ['X-Why', 'no'],
      ['Content-Length', '7'],
    ]);
    expect(error.headers.get('x-why')).toBe('no');
    expect(error.hint).toContain('Origin');
    await server.peers[0]!.gone;
  });

  test('a body is read to its end, and no further than 1 MiB', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write('HTTP/1.1 500 Oops\r\nContent-Length: 99999999\r\n\r\n');
      for (let i = 0; i < 40; i++) peer.write(Buffer.alloc(65_536, 'x'));
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    expect(error.status).toBe(500);
    expect(error.body.length).toBe(1024 * 1024);
  });

  test.each([
    ['has no length', 'Content-Type: text/event-stream\r\n', 'data: 1\n\n', false],
    ['is shorter than its length', 'Content-Length: 100\r\n', 'data: 1\n\n', false],
    ['has no last chunk', 'Transfer-Encoding: chunked\r\n', '9\r\ndata: 1\n\n\r\n', false],
    ['has no length, over TLS', 'Content-Type: text/event-stream\r\n', 'data: 1\n\n', true],
  ])('a body that %s is waited for 1 s, in which more may arrive', async (_name, header, body, secure) => {
    const server = await rawServer(
      async peer => {
        await peer.head();
        peer.write(`HTTP/1.1 200 OK\r\n${header}\r\n${body.slice(0, 5)}`);
        setTimeout(() => peer.write(body.slice(5)), 50);
      },
      { secure },
    );
    const started = performance.now();
    const error = await failure(`${secure ? 'wss' : 'ws'}://localhost:${server.port}/`, CA);
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(error).toMatchObject({
      summary: 'the server answered 200 OK',
      phase: 'response',
      fault: 'peer',
      status: 200,
    });
    expect(error.headers.lines).toHaveLength(1);
    expect(error.body).toBe('data: 1\n\n');
    await server.peers[0]!.gone;
  });

  test('a body that trickles is not waited for longer', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => peer.write('x'), 20);
      void peer.closed.then(() => clearInterval(timer));
    });
    const started = performance.now();
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(error).toMatchObject({ fault: 'peer', status: 200 });
    expect(error.body.length).toBeGreaterThan(10);
  });

  test('a 101 that is not valid', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write('HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n');
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    expect(error).toMatchObject({ phase: 'response', fault: 'peer', status: 101 });
    expect(error.message).toContain('Sec-WebSocket-Accept');
  });

  test('five interim responses are skipped, and a sixth is an error', async () => {
    const server = await rawServer(async (peer, index) => {
      const request = await peer.head();
      peer.write(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(5 + index)}${switchingProtocols(request)}`);
    });
    await open(`ws://127.0.0.1:${server.port}/`);
    const error = await failure(`ws://127.0.0.1:${server.port}/`);
    expect(error.summary).toBe('the server sent more than 5 interim responses');
  });

  test('a response that is not HTTP', async () => {
    const server = await rawServer(peer => peer.write('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await failure(`ws://127.0.0.1:${server.port}/`)).toMatchObject({
      phase: 'response',
      hint: 'an SSH server answered: is the port right?',
    });
  });

  test('maxHeadSize and maxHeaderLines limit the head', async () => {
    const server = await rawServer(async peer => {
      peer.write(switchingProtocols(await peer.head(), 'X: 1', 'Y: 2'));
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    expect((await failure(url, { maxHeaderLines: 4 })).message).toContain('at most 4 header lines');
    expect((await failure(url, { maxHeadSize: 100 })).message).toContain('at most 100 bytes');
    await open(url, { maxHeaderLines: 5 });
  });
});

describe('a server that disconnects', () => {
  test('FIN before a response, in the middle of the head, and of the body', async () => {
    const answers = ['', 'HTTP/1.1 101 Switch', 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno'];
    const server = await rawServer(async (peer, index) => {
      await peer.head();
      peer.socket.end(answers[index]);
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    expect(await failure(url)).toMatchObject({
      summary: 'the connection ended before a response arrived',
      phase: 'response',
      fault: 'peer',
      hint: expect.stringContaining('TLS'),
    });
    expect((await failure(url)).summary).toBe('the connection ended before the response was complete');
    const error = await failure(url);
    expect(error).toMatchObject({ status: 404, summary: 'the server answered 404 Not Found' });
    expect(error.body).toBe('no');
  });

  test('RST before a response, and in the middle of it', async () => {
    const server = await rawServer(async (peer, index) => {
      await peer.head();
      if (index === 1) {
        peer.write('HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno');
        await new Promise(resolve => setTimeout(resolve, 50));
      }
      peer.reset();
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    expect(await failure(url)).toMatchObject({
      summary: 'the connection was lost: read ECONNRESET',
      phase: 'response',
      fault: 'network',
      cause: expect.objectContaining({ code: 'ECONNRESET' }),
    });
    expect(await failure(url)).toMatchObject({
      summary: 'the server answered 404 Not Found, then the connection was lost: read ECONNRESET',
      status: 404,
      fault: 'network',
      hint: expect.stringContaining('path'),
    });
  });

  test('RST at every byte of a response and after it only rejects the promise', async () => {
    const frame = textFrame('hello');
    const length = switchingProtocols('Sec-WebSocket-Key: x\r\n').length + frame.length;
    const server = await rawServer(async (peer, index) => {
      const bytes = Buffer.concat([Buffer.from(switchingProtocols(await peer.head())), frame]);
      peer.socket.write(bytes.subarray(0, index), () => peer.reset());
    });
    for (let i = 0; i <= length; i += 1) {
      const outcome = await connect(`ws://127.0.0.1:${server.port}/`).then(
        connection => connection.closed,
        (error: unknown) => error,
      );
      if (outcome instanceof Error) expect(outcome).toMatchObject({ phase: 'response' });
      else expect(outcome).toMatchObject({ code: 1006, wasClean: false });
    }
  });
});

describe('a transport that cannot be opened', () => {
  test('no server listens [4.1-13]', async () => {
    const port = await closedPort();
    for (const host of ['127.0.0.1', 'localhost']) {
      const error = await failure(`ws://${host}:${port}/`);
      expect(error).toMatchObject({ phase: 'connect', fault: 'network', status: undefined });
      expect(error.summary).toContain(`connecting to ${host}:${port} failed: `);
      expect(error.message).toContain('ECONNREFUSED');
      expect(error.hint).toContain('nothing listens at this port');
    }
  });

  test('no such host', async () => {
    const error = await failure('ws://nobody.invalid/');
    expect(error).toMatchObject({ phase: 'dns', fault: 'network' });
    expect(error.summary).toContain('looking up nobody.invalid failed: ');
    expect(error.hint).toContain('network');
  });

  test('no such Unix domain socket', async () => {
    const path = temporarySocket();
    const error = await failure(`ws+unix:${path}`);
    expect(error).toMatchObject({ phase: 'connect', hint: expect.stringContaining('no socket at this path') });
    expect(error.summary).toContain(`connecting to ${path} failed: `);
  });

  test('a local address that this machine does not have', async () => {
    const error = await failure('ws://127.0.0.1:1/', { socket: { localAddress: '192.0.2.1' } });
    expect(error).toMatchObject({
      phase: 'connect',
      hint: expect.stringContaining('socket.localAddress'),
      cause: { code: 'EADDRNOTAVAIL' },
    });
  });

  test('a certificate of an unknown authority, and one for another name [4.1-15]', async () => {
    const server = await rawServer(acceptAll, { secure: true });
    expect(await failure(`wss://localhost:${server.port}/`)).toMatchObject({
      phase: 'tls',
      hint: 'the certificate is self-signed: to trust it, pass it as tls.ca',
    });
    const tls = { ca: TLS_CERTIFICATE, servername: 'example.com' };
    expect(await failure(`wss://localhost:${server.port}/`, { tls })).toMatchObject({
      phase: 'tls',
      hint: expect.stringContaining('the certificate is for another name: is the host right?'),
    });
    await open(`wss://localhost:${server.port}/`, { tls: { rejectUnauthorized: false } });
  });

  test('wss:// to a port that speaks plain text, and ws:// to one that speaks TLS', async () => {
    const plain = await rawServer(peer => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failure(`wss://localhost:${plain.port}/`, CA);
    expect(error).toMatchObject({ phase: 'tls', hint: 'the server does not speak TLS at this port: try ws://' });
    expect(error.summary).toBe(`the TLS handshake with localhost:${plain.port} failed: wrong version number`);
    const secure = await rawServer(acceptAll, { secure: true });
    expect(await failure(`ws://localhost:${secure.port}/`)).toMatchObject({
      phase: 'response',
      hint: expect.stringContaining('wss://'),
    });
  });

  test('a server that disconnects in the TLS handshake', async () => {
    const server = await rawServer(async peer => {
      await peer.until(() => peer.received.length > 0);
      peer.socket.end();
    });
    expect(await failure(`wss://localhost:${server.port}/`, CA)).toMatchObject({ phase: 'tls', fault: 'network' });
  });

  test.each<[how: string, check: () => never, message: string]>([
    [
      'throws',
      () => {
        throw new Error('not this one');
      },
      'tls.checkServerIdentity() failed: not this one',
    ],
    [
      'rejects',
      (async () => {
        throw new Error('not this one');
      }) as never,
      'tls.checkServerIdentity() must return undefined or an Error synchronously',
    ],
  ])('a checkServerIdentity that %s fails only this attempt', async (_how, checkServerIdentity, message) => {
    const server = await rawServer(acceptAll, { secure: true });
    const error = await failure(`wss://localhost:${server.port}/`, { tls: { ...CA.tls, checkServerIdentity } });
    expect(error).toMatchObject({ phase: 'tls', fault: 'caller', hint: undefined });
    expect(error.message).toContain(message);
  });

  test('the result of checkServerIdentity decides', async () => {
    const names: string[] = [];
    const server = await rawServer(acceptAll, { secure: true });
    const check = (answer: Error | undefined): ConnectOptions => ({
      tls: {
        ...CA.tls,
        checkServerIdentity: name => {
          names.push(name);
          return answer;
        },
      },
    });
    await open(`wss://127.0.0.1:${server.port}/`, check(undefined));
    expect(await failure(`wss://127.0.0.1:${server.port}/`, check(new Error('another key')))).toMatchObject({
      phase: 'tls',
      fault: 'network',
      message: expect.stringContaining('another key'),
    });
    expect(names).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('an invalid client certificate is the caller’s fault', async () => {
    const error = await failure('wss://127.0.0.1:1/', { tls: { ca: TLS_CERTIFICATE, cert: 'none', key: 'none' } });
    expect(error).toMatchObject({ phase: 'tls', fault: 'caller', hint: undefined });
  });
});

describe('handshakeTimeout', () => {
  test('a server that accepts and never answers', async () => {
    const server = await rawServer();
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 50 });
    expect(error).toMatchObject({
      summary: 'the opening handshake took more than 50 ms (handshakeTimeout)',
      phase: 'response',
      fault: 'network',
      hint: expect.stringMatching(/another protocol.*overloaded/),
    });
    await server.peers[0]!.gone;
  });

  test('is absolute: slowly arriving bytes do not prolong it', async () => {
    const server = await rawServer(peer => {
      peer.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => peer.write('x'), 10);
      void peer.closed.then(() => clearInterval(timer));
    });
    const started = performance.now();
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 100 });
    expect(error.message).toContain('handshakeTimeout');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('a complete head of a response is the outcome, even if its body never ends', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write('HTTP/1.1 503 Busy\r\n\r\nwait');
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 50 });
    expect(error).toMatchObject({ summary: 'the server answered 503 Busy', status: 503, fault: 'peer' });
    expect(error.body).toBe('wait');
  });

  test('a server that never finishes the TLS handshake', async () => {
    const server = await rawServer();
    const error = await failure(`wss://127.0.0.1:${server.port}/`, { ...CA, handshakeTimeout: 500 });
    expect(error).toMatchObject({ phase: 'tls', fault: 'network', hint: expect.stringContaining('does not end') });
  });

  test('leaves no timer once the connection is open or has failed', async () => {
    const server = await rawServer(async (peer, index) => {
      if (index === 0) return accept(peer);
      if (index === 1) return peer.socket.end();
      await peer.head();
      return peer.socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
    const set = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => void vi.restoreAllMocks());
    await open(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 54_321 });
    await failure(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 54_321 });
    await failure(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 54_321 });
    const times = [54_321, 1_000];
    const timers = set.mock.calls.flatMap(([, time], i) => (times.includes(time!) ? [set.mock.results[i]!.value] : []));
    expect(timers).toHaveLength(4);
    for (const timer of timers) expect(cleared).toHaveBeenCalledWith(timer);
  });
});

describe('signal: an attempt that it ends rejects with its reason', () => {
  /** What connect() rejects with, whatever that is. */
  function reasonOf(url: string, options: ConnectOptions): Promise<unknown> {
    return open(url, options).then(
      () => {
        throw new Error('it connected');
      },
      (thrown: unknown) => thrown,
    );
  }

  test('aborted before connect(): nothing is opened', async () => {
    const server = await rawServer();
    const lookup = vi.spyOn(dns, 'lookup');
    onTestFinished(() => lookup.mockRestore());
    const reason = new Error('changed');
    const signal = AbortSignal.abort(reason);
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await reasonOf(`ws://${host}:${server.port}/`, { signal })).toBe(reason);
    }
    await new Promise(resolve => setTimeout(resolve, 20));
    expect([server.peers, lookup.mock.calls]).toEqual([[], []]);
  });

  test.each([
    ['null', null],
    ['a string', 'changed'],
    ['an object', {}],
  ])('the reason may be any value: %s', async (_name, reason) => {
    const { port } = await rawServer(peer => peer.head().then(() => late.abort(reason)));
    const late = new AbortController();
    expect(await reasonOf(`ws://127.0.0.1:${port}/`, { signal: AbortSignal.abort(reason) })).toBe(reason);
    expect(await reasonOf(`ws://127.0.0.1:${port}/`, { signal: late.signal })).toBe(reason);
  });

  test('the default reason is an AbortError, and that of AbortSignal.timeout() a TimeoutError, as with fetch()', async () => {
    const { port } = await rawServer(peer => peer.head().then(() => late.abort()));
    const late = new AbortController();
    const url = `ws://127.0.0.1:${port}/`;
    expect(await reasonOf(url, { signal: late.signal })).toMatchObject({ name: 'AbortError' });
    const silent = await rawServer();
    const signal = AbortSignal.timeout(20);
    expect(await reasonOf(`ws://127.0.0.1:${silent.port}/`, { signal })).toMatchObject({ name: 'TimeoutError' });
  });

  test('while the name is looked up', async () => {
    const controller = new AbortController();
    const failed = reasonOf('ws://localhost:1/', { signal: controller.signal });
    controller.abort();
    expect(await failed).toBe(controller.signal.reason);
  });

  test('in the TLS handshake', async () => {
    const controller = new AbortController();
    const server = await rawServer(async peer => {
      await peer.until(() => peer.received.length > 0);
      controller.abort();
    });
    const options = { ...CA, signal: controller.signal };
    expect(await reasonOf(`wss://localhost:${server.port}/`, options)).toBe(controller.signal.reason);
    await server.peers[0]!.gone;
  });

  test('in the middle of the response, whose first bytes the tap has seen', async () => {
    const controller = new AbortController();
    const reason = new Error('changed');
    const server = await rawServer(async peer => {
      await peer.head();
      peer.socket.write('HTTP/1.1 101 Sw', () => controller.abort(reason));
    });
    const tap = new TapLog();
    expect(await reasonOf(`ws://127.0.0.1:${server.port}/`, { signal: controller.signal, tap })).toBe(reason);
    await server.peers[0]!.gone;
    await expect.poll(() => tap.closings).toHaveLength(1);
    expect(tap.closings[0]).toBeInstanceOf(HandshakeError);
    expect(tap.closings[0]).toMatchObject({ phase: 'response', fault: 'caller', hint: undefined, cause: reason });
  });

  test('between two redirects', async () => {
    const controller = new AbortController();
    const server = await rawServer(async (peer, index) => {
      await peer.head();
      if (index === 0) peer.write(plainResponse('302 Found', ['Location: /next']));
      else controller.abort();
    });
    const options = { signal: controller.signal, maxRedirects: 5 };
    expect(await reasonOf(`ws://127.0.0.1:${server.port}/`, options)).toBe(controller.signal.reason);
    expect(server.peers).toHaveLength(2);
  });

  test('after the opening handshake it does nothing and has no listener', async () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, 'addEventListener');
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const server = await rawServer(acceptAll);
    const connection = await open(`ws://127.0.0.1:${server.port}/`, { signal: controller.signal });
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledWith('abort', add.mock.calls[0]![1]);
    controller.abort();
    expect(connection.state).toBe('open');
  });
});

describe('a tap', () => {
  test('is called for each event in order, with all bytes', async () => {
    const close = encodeFrame('server', OPCODE.CLOSE, Buffer.from([0x03, 0xe8]));
    const server = await rawServer(async peer => {
      await accept(peer, textFrame('hello'));
      await peer.frames('client', 1);
      peer.socket.end(close);
    });
    const tap = new TapLog();
    const connection = await open(`ws://127.0.0.1:${server.port}/`, { tap });
    expect(tap.transports).toEqual([connection.transport]);
    await connection.close(1000);
    expect(tap.events).toEqual([
      'connected',
      'sent',
      'received',
      'sent',
      'received',
      'remote ended',
      'local ended',
      'closed',
    ]);
    const [peer] = server.peers;
    expect(tap.sentBytes.toString('latin1').endsWith(peer!.text)).toBe(true);
    expect(tap.sentBytes.subarray(0, 4).toString()).toBe('GET ');
    expect(tap.receivedBytes.subarray(-close.length)).toEqual(Buffer.from(close));
    expect(tap.receivedBytes.toString()).toContain('hello');
  });

  test('is called for a failed handshake: refused, ended, reset, aborted', async () => {
    const server = await rawServer(async (peer, index) => {
      await peer.head();
      if (index === 0) peer.write(plainResponse('404 Not Found'));
      else if (index === 1) peer.socket.end();
      else if (index === 2) peer.reset();
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    const expected = [
      ['connected', 'sent', 'received', 'closed by error'],
      ['connected', 'sent', 'remote ended', 'closed by error'],
      ['connected', 'sent', 'closed by error'],
      ['connected', 'sent', 'closed by error'],
    ];
    for (const events of expected) {
      const tap = new TapLog();
      const error = await failure(url, { tap, handshakeTimeout: 200 });
      await expect.poll(() => tap.events).toEqual(events);
      expect(tap.closings).toEqual([error]);
    }
  });

  test.each<[how: string, fail: (what: string) => unknown]>([
    [
      'throws',
      what => {
        throw new Error(what);
      },
    ],
    ['rejects', what => Promise.reject(new Error(what))],
  ])('that %s does no harm: there is a process warning, and the tap is not called again', async (_how, fail) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const told: string[] = [];
    const methods = ['connected', 'sent', 'received', 'ended', 'closed'] as const;
    const failing = methods.map(name => {
      const method = () => {
        told.push(name);
        return fail(name);
      };
      return [name, method] as const;
    });
    const tap = Object.fromEntries(failing) as unknown as WireTap;
    const server = await rawServer(async peer => {
      await accept(peer, textFrame('hello'));
      await peer.frames('client', 1);
      peer.socket.end(encodeFrame('server', OPCODE.CLOSE, Buffer.from([0x03, 0xe8])));
    });
    const connection = await open(`ws://127.0.0.1:${server.port}/`, { tap });
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('hello');
    expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
    expect(told[0]).toBe('connected');
    expect(told).not.toContain('closed');
    expect(warned.mock.calls).toHaveLength(1);
    expect(warned.mock.calls[0]![0]).toMatchObject({
      code: 'WS101_HANDLER_FAILED',
      message: 'tap.connected() failed: connected',
    });
  });

  test('sees a 101 with an extension that was not offered', async () => {
    const server = await rawServer(peer =>
      accept(peer, undefined, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7'),
    );
    const tap = new TapLog();
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { tap, perMessageDeflate: true });
    await expect.poll(() => tap.events).toEqual(['connected', 'sent', 'received', 'closed by error']);
    expect(tap.closings).toEqual([error]);
  });

  test('is not called for a transport that never connected', async () => {
    const tap = new TapLog();
    await failure(`ws://127.0.0.1:${await closedPort()}/`, { tap });
    expect(tap.events).toEqual([]);
  });
});
