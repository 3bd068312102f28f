import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { connect, type HandshakeError } from '../../../src/index.js';
import { tap } from '../../../src/tools/index.js';
import { httpServer } from '../../helpers/http-server.js';
import { openServer } from '../../helpers/open-server.js';
import { rawFrame } from '../../helpers/raw-frame.js';
import { closedPort, rawConnect, rawConnectTls, rawServer } from '../../helpers/raw-peer.js';
import { request } from '../../helpers/sample-heads.js';
import { TapLog } from '../../helpers/tap-log.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';
import { startedTap } from './started-tap.js';

const PATIENT = { timeout: 10_000 };
const ACCEPTANCE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';

/** Compares byte for byte, and says only where the first difference is. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  const [a, b] = [Buffer.from(actual), Buffer.from(expected)];
  if (a.equals(b)) return;
  expect({ length: a.length, at: a.findIndex((byte, i) => byte !== b[i]) }).toEqual({ length: b.length });
}

function withoutHost(head: string): string[] {
  return head.split('\r\n').filter(line => !line.startsWith('Host:'));
}

/** An echo server, and what the bytes on its side were. */
async function echoServer(options: Parameters<typeof openServer>[0] = {}) {
  const log = new TapLog();
  const opened = await openServer({ tap: () => log, ...options });
  opened.server.on('connection', connection => connection.on('message', data => connection.send(data)));
  return { ...opened, log };
}

describe('a tap', () => {
  test('passes random traffic unchanged in both directions, and reports all of it', async () => {
    const { port, log } = await echoServer({ perMessageDeflate: true, subprotocols: ['b'], path: '/chat' });
    const report = await startedTap(port);
    const client = new TapLog();
    const connection = await connect(`${report.tap.url}/chat`, {
      tap: client,
      perMessageDeflate: true,
      subprotocols: ['a', 'b'],
      headers: { Cookie: 'a=b' },
    });
    expect(connection.subprotocol).toBe('b');
    expect(connection.extensions).toContain('permessage-deflate');
    const messages = Array.from({ length: 60 }, () => randomBytes(randomInt(1, 40_000)));
    for (const message of messages) connection.send(message);
    for (const message of messages)
      expectSame((await connection[Symbol.asyncIterator]().next()).value as Buffer, message);
    await connection.close(4000, 'done');
    await vi.waitFor(() => expect(report.ends()).toHaveLength(2), PATIENT);

    expectSame(report.bytes('client'), log.receivedBytes);
    expectSame(report.bytes('server'), client.receivedBytes);
    expectSame(log.sentBytes, client.receivedBytes);
    const split = (bytes: Buffer) => [bytes.indexOf('\r\n\r\n'), bytes.toString('latin1')] as const;
    const [[end, sent], [endThere, arrived]] = [split(client.sentBytes), split(log.receivedBytes)];
    expectSame(client.sentBytes.subarray(end), log.receivedBytes.subarray(endThere));
    expect(withoutHost(arrived.slice(0, endThere))).toEqual(withoutHost(sent.slice(0, end)));
    expect(arrived).toContain(`\r\nHost: 127.0.0.1:${port}\r\n`);
    expect(report.ends().sort()).toEqual(['client fin', 'server fin']);
    expect(report.opened).toMatchObject([{ id: 1, server: `127.0.0.1:${port}`, isTls: false }]);
    expect(report.notes).toEqual([]);
  });

  test('serves many clients at the same time', async () => {
    const { port } = await echoServer();
    const report = await startedTap(port);
    const echoes = Array.from({ length: 100 }, async (_, i) => {
      const connection = await connect(report.tap.url);
      connection.send(`message ${i}`);
      const { value } = await connection[Symbol.asyncIterator]().next();
      await connection.close();
      return value;
    });
    expect(await Promise.all(echoes)).toEqual(Array.from({ length: 100 }, (_, i) => `message ${i}`));
    await vi.waitFor(() => expect(report.events.filter(([, { type }]) => type === 'end')).toHaveLength(200), PATIENT);
    expect(new Set(report.opened.map(({ id }) => id)).size).toBe(100);
  });

  test('passes bytes that break the rules', async () => {
    const illegal = Buffer.concat([rawFrame({ opcode: 7, rsv: 0x30, payload: 'x' }), randomBytes(5000)]);
    const { port } = await rawServer(async peer => {
      await peer.head();
      peer.write(ACCEPTANCE);
      await peer.until(() => peer.received.length >= illegal.length);
      peer.write(peer.received);
    });
    const { tap: started } = await startedTap(port, { dropPongs: true });
    const peer = await rawConnect(started.port);
    peer.write(Buffer.concat([Buffer.from(request(), 'latin1'), illegal]));
    await peer.head();
    await peer.until(() => peer.received.length >= illegal.length);
    expectSame(peer.received, illegal);
  });

  test('passes a half-close, and what the other side still sends', async () => {
    const { port } = await rawServer(async peer => {
      await peer.head();
      peer.write(ACCEPTANCE);
      await peer.ended;
      await wait(20);
      peer.write('after the FIN');
      peer.socket.end();
    });
    const report = await startedTap(port);
    const peer = await rawConnect(report.tap.port);
    peer.write(request());
    await peer.head();
    peer.socket.end();
    await peer.ended;
    expect(peer.text).toBe('after the FIN');
    expect(report.ends()).toEqual(['client fin', 'server fin']);
  });

  test('passes a reset in each direction', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(ACCEPTANCE);
    });
    const report = await startedTap(server.port);
    const first = await rawConnect(report.tap.port);
    first.write(request());
    await first.head();
    first.reset();
    await server.peers[0]!.closed;
    expect(server.peers[0]!.error?.code).toBe('ECONNRESET');
    expect(report.ends(1)).toEqual(['client reset', 'server reset']);

    const second = await rawConnect(report.tap.port);
    second.write(request());
    await second.head();
    server.peers[1]!.reset();
    await second.closed;
    expect(second.error?.code).toBe('ECONNRESET');
    expect(report.ends(2)).toEqual(['server reset', 'client reset']);
  });

  test('reads no faster than the other side does', async () => {
    const size = 32 * 1_048_576;
    const server = await rawServer(async peer => {
      await peer.head();
      peer.socket.pause();
      peer.write(ACCEPTANCE);
    });
    let passed = 0;
    const { tap: started } = await startedTap(server.port, {
      onEvent: (_, event) => {
        if (event.type === 'bytes' && event.from === 'client') passed += event.bytes.length;
        return undefined;
      },
    });
    const peer = await rawConnect(started.port);
    peer.write(request());
    await peer.head();
    peer.write(Buffer.alloc(size));
    let last = -1;
    const isStill = () => {
      const before = last;
      last = passed;
      expect(last).toBe(before);
    };
    await vi.waitFor(isStill, { timeout: 10_000, interval: 300 });
    // The buffers of the kernel are full, and the rest was not read.
    expect(last).toBeLessThan(size);
    const { socket } = server.peers[0]!;
    socket.removeAllListeners('data').resume();
    await vi.waitFor(() => expect(passed).toBeGreaterThan(size), PATIENT);
  }, 30_000);

  test('waits for onEvent, so that a slow reader of events loses none', async () => {
    const { port } = await echoServer();
    const releases: Array<() => void> = [];
    const { tap: started } = await startedTap(port, {
      onEvent: (_, { type }) => (type === 'bytes' ? new Promise(resolve => releases.push(resolve)) : undefined),
    });
    const peer = await rawConnect(started.port);
    peer.write(request());
    await peer.head();
    peer.write(rawFrame({ opcode: 1, payload: 'x', key: [1, 2, 3, 4] }));
    await wait(50);
    // The request and the response passed. The frame waits.
    expect(releases).toHaveLength(2);
    for (const release of releases) release();
    await vi.waitFor(() => expect(releases).toHaveLength(4), PATIENT);
    expect(await peer.frames('server', 1)).toMatchObject([{ opcode: 1 }]);
  });
});

describe('a handshake that fails', () => {
  test('passes as it is', async () => {
    const { port } = await openServer({ authorize: () => ({ status: 403, body: 'go away' }) });
    const { tap: started } = await startedTap(port);
    const error = await connect(started.url).catch((thrown: HandshakeError) => thrown);
    expect(error).toMatchObject({ status: 403, body: 'go away' });
  });

  test('ends in 502 with the reason if the target is down', async () => {
    const port = await closedPort();
    const report = await startedTap(port);
    const error = (await connect(report.tap.url).catch(thrown => thrown)) as HandshakeError;
    expect(error).toMatchObject({ status: 502 });
    expect(error.body).toContain(`ws101 tap: cannot connect to ws://127.0.0.1:${port}/`);
    expect(error.body).toContain('ECONNREFUSED');
    expect(report.notes).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(report.opened).toMatchObject([{ server: undefined }]);
    expect(report.bytes('client').toString()).toContain('GET / HTTP/1.1');
    expect(report.bytes('server').toString()).toContain('502 Bad Gateway');
  });

  test('ends in 431 if the head of the request does not end', async () => {
    const { port } = await echoServer();
    const { tap: started } = await startedTap(port);
    const peer = await rawConnect(started.port);
    peer.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`);
    expect(await peer.head()).toContain('HTTP/1.1 431 ');
  });

  test('is explained if the client speaks TLS to a tap without it', async () => {
    const { port } = await echoServer();
    const report = await startedTap(port);
    await rawConnectTls(report.tap.port).catch(() => {});
    await vi.waitFor(() => expect(report.notes).toEqual([expect.stringContaining('the client speaks TLS')]), PATIENT);
  });

  test('does not stop an ordinary request, whose connection then closes', async () => {
    const { server, port } = await httpServer();
    server.on('request', (incoming, response) => response.end(`page for ${incoming.headers.host}`));
    const { tap: started } = await startedTap(port);
    const sent = http.get({ port: started.port, host: '127.0.0.1', agent: new http.Agent({ keepAlive: true }) });
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    let body = '';
    for await (const chunk of response) body += chunk;
    expect(body).toBe(`page for 127.0.0.1:${port}`);
    expect(response.headers.connection).toBe('close');
  });
});

describe('TLS', () => {
  test('is taken off and put on again', async () => {
    const tls = { cert: TLS_CERTIFICATE, key: TLS_KEY };
    const { port, log } = await echoServer({ tls });
    const report = await startedTap(port, {
      target: `wss://localhost:${port}`,
      tls: { ca: TLS_CERTIFICATE },
      listen: { tls },
    });
    expect(report.tap.url).toMatch(/^wss:/);
    const connection = await connect(`wss://localhost:${report.tap.port}`, { tls: { ca: TLS_CERTIFICATE } });
    connection.send('secret');
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('secret');
    await connection.close();
    await vi.waitFor(() => expect(report.ends().sort()).toEqual(['client fin', 'server fin']), PATIENT);
    expectSame(report.bytes('client'), log.receivedBytes);
    expect(report.opened[0]).toMatchObject({ isTls: true });
  });

  test('that fails at the target ends in 502', async () => {
    const { port } = await echoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
    const report = await startedTap(port, { target: `wss://localhost:${port}` });
    const error = (await connect(report.tap.url).catch(thrown => thrown)) as HandshakeError;
    expect(error.status).toBe(502);
    expect(error.body).toMatch(/certificate/);
  });
});

describe('a bad network', () => {
  test('with a delay brings every byte later', async () => {
    const { port } = await echoServer();
    const { tap: started } = await startedTap(port, { delay: 150 });
    const start = performance.now();
    const connection = await connect(started.url);
    expect(performance.now() - start).toBeGreaterThanOrEqual(295);
    connection.send('x');
    await connection[Symbol.asyncIterator]().next();
    expect(performance.now() - start).toBeGreaterThanOrEqual(595);
    await connection.close();
  });

  test('with few bytes a second takes longer', async () => {
    const { port } = await echoServer();
    const { tap: started } = await startedTap(port, { bytesPerSecond: 20_000 });
    const connection = await connect(started.url);
    const start = performance.now();
    const message = randomBytes(20_000);
    connection.send(message);
    expectSame((await connection[Symbol.asyncIterator]().next()).value as Buffer, message);
    // A second in each direction, of which a part overlaps.
    expect(performance.now() - start).toBeGreaterThan(1_200);
    await connection.close();
  });

  test('cuts both connections after so many bytes of frames', async () => {
    const { port, connections } = await echoServer();
    const report = await startedTap(port, { cutAfter: { bytes: 10 } });
    const connection = await connect(report.tap.url);
    connection.send('a message that is cut');
    const info = await connection.closed;
    expect(info).toMatchObject({ wasClean: false, code: 1006 });
    await connections[0]!.closed;
    const sent = report.bytes('client');
    expect(sent.length - sent.indexOf('\r\n\r\n') - 4).toBe(10);
    expect(report.notes).toEqual(['cut both connections after 10 bytes of frames']);
    expect(report.ends().sort()).toEqual(['client reset', 'server reset']);
  });

  test('cuts both connections after a time', async () => {
    const { port } = await echoServer();
    const report = await startedTap(port, { cutAfter: { time: 100 } });
    const connection = await connect(report.tap.url);
    expect(await connection.closed).toMatchObject({ wasClean: false, initiator: 'network' });
    expect(report.notes).toEqual(['cut both connections after 100 ms']);
  });

  test('drops Pongs whole, and nothing else', async () => {
    const { port } = await echoServer();
    const report = await startedTap(port, { dropPongs: true });
    const connection = await connect(report.tap.url);
    const pongs: unknown[] = [];
    connection.on('pong', data => pongs.push(data));
    connection.ping('p1').catch(() => {});
    connection.send('after');
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe('after');
    await connection.close();
    expect(pongs).toEqual([]);
    expect(report.notes).toEqual(['dropped a Pong of the server (payload length 2)']);
  });
});

describe('options', () => {
  test.each([
    [{ target: 'nonsense' }, RangeError, 'url must'],
    [{ listen: { port: 70_000 } }, RangeError, 'listen.port must be an integer from 0 to 65535'],
    [{ delay: '5' }, TypeError, 'delay must be a number'],
    [{ bytesPerSecond: 0 }, RangeError, 'bytesPerSecond must be an integer from 1'],
    [{ cutAfter: { byte: 1 } }, TypeError, "unknown option 'cutAfter.byte': did you mean 'cutAfter.bytes'?"],
    [{ dropPong: true }, TypeError, "unknown option 'dropPong': did you mean 'dropPongs'?"],
    [{ dropPongs: 1 }, TypeError, 'dropPongs must be a boolean'],
    [{ headers: { 'a b': 'c' } }, RangeError, 'headers'],
    [{ origin: 'a\r\nb' }, RangeError, 'origin must be'],
    [{ proxy: 'ftp://x' }, RangeError, 'proxy'],
    [{ onEvent: 1 }, TypeError, 'onEvent must be a function'],
  ])('that are wrong reject: %j', async (options, type, message) => {
    const rejected = tap({ target: 'ws://127.0.0.1', ...options } as unknown as Parameters<typeof tap>[0]);
    const error = await rejected.catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ message: expect.stringContaining(message), code: 'WS101_INVALID_ARGUMENT' });
  });

  test('close() ends every connection, and no event follows', async () => {
    const { port } = await echoServer();
    const report = await startedTap(port);
    const connection = await connect(report.tap.url);
    const unfinished = await rawConnect(report.tap.port);
    await report.tap.close();
    expect(await connection.closed).toMatchObject({ wasClean: false });
    await unfinished.gone;
    const { length } = report.events;
    expect(report.ends()).toHaveLength(2);
    expect(report.notes).toEqual(['the tap ends both connections']);
    await wait(20);
    expect(report.events).toHaveLength(length);
  });
});
