import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../../src/framing/frame-encoder.js';
import { OPCODE } from '../../../src/framing/opcode.js';
import { connect } from '../../../src/index.js';
import { request } from '../../helpers/http-heads.js';
import { openServer, temporarySocket } from '../../helpers/open-server.js';
import { RawPeer, rawConnect, rawConnectTls, rawConnectUnix } from '../../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';

vi.mock('../../../src/timers.js', () => import('../../helpers/global-timers.js'));

const TLS = { cert: TLS_CERTIFICATE, key: TLS_KEY };
const CA = { tls: { ca: TLS_CERTIFICATE } };

describe('TLS', () => {
  test('a connection has ALPN http/1.1, and its transport describes TLS [4.2.2-i1] [4.2.2-2] [10.6-1]', async () => {
    const { port, requests, connections } = await openServer({ tls: TLS });
    const connection = await connect(`wss://localhost:${port}/chat`, CA);
    expect(connection.transport.tls?.alpn).toBe('http/1.1');
    expect(requests[0]!.transport.tls).toMatchObject({ version: 'TLSv1.3', alpn: 'http/1.1', authorized: false });
    expect(requests[0]!.transport.tls).not.toHaveProperty('certificate');
    await connection.close(1000);
    expect(await connections[0]!.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('a requested client certificate is in the transport', async () => {
    const { port, requests } = await openServer({ tls: { ...TLS, requestCert: true, rejectUnauthorized: false } });
    const connection = await connect(`wss://localhost:${port}/`, { tls: { ca: TLS_CERTIFICATE, ...TLS } });
    expect(requests[0]!.transport.tls).toMatchObject({ certificate: { subject: 'localhost' } });
    await connection.close();
  });

  test('a client without a required certificate is rejected before its request', async () => {
    const { port, requests, refusals } = await openServer({ tls: { ...TLS, requestCert: true } });
    await expect(connect(`wss://localhost:${port}/`, CA)).rejects.toMatchObject({ phase: 'response' });
    expect([requests, refusals]).toEqual([[], []]);
  });

  test('over a Unix domain socket', async () => {
    const socketPath = temporarySocket();
    const { requests, server } = await openServer({ socketPath, tls: TLS });
    const [first, second] = await Promise.all([
      connect(`wss+unix:${socketPath}:/a`, CA),
      connect(`wss+unix:${socketPath}:/b`, CA),
    ]);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/a', '/b']);
    await server.close();
    for (const connection of [first, second]) expect(await connection.closed).toMatchObject({ code: 1001 });
  });

  test('early bytes after the TLS handshake, an RST or invalid bytes end only that connection [4.2.2-i1]', async () => {
    const { port, connections } = await openServer({ tls: TLS });
    const plain = await rawConnect(port);
    plain.write(request());
    await plain.gone;
    const hello = await clientHello();
    for (let i = 0; i <= hello.length; i += 23) {
      const peer = await rawConnect(port);
      peer.socket.write(hello.subarray(0, i), () => peer.reset());
      await peer.closed;
    }
    const { raw, peer } = await tlsOver(net.connect(port, '127.0.0.1'));
    peer.write(request());
    expect(await peer.head()).toContain(' 101 ');
    raw.resetAndDestroy();
    await connections[0]!.closed;
  });

  test('an invalid record, after the TLS handshake and after the 101', async () => {
    const { port, connections } = await openServer({ tls: TLS });
    for (const isUpgraded of [false, true]) {
      const { raw, peer } = await tlsOver(net.connect(port, '127.0.0.1'));
      if (isUpgraded) {
        peer.write(request());
        await peer.head();
      }
      raw.write('this is no record of TLS');
      await peer.gone;
    }
    expect(connections).toHaveLength(1);
    expect(await connections[0]!.closed).toMatchObject({ code: 1006, wasClean: false });
  });
});

describe('the deadline runs from TCP accept, TLS included', () => {
  test('a socket without any bytes is destroyed', async () => {
    const { port, refusals } = await openServer({ tls: TLS, handshakeTimeout: 50 });
    const peer = await rawConnect(port);
    await peer.gone;
    expect(peer.text).toBe('');
    expect(refusals).toEqual([]);
  });

  test('a slow TLS handshake leaves less time for the request', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => set.mockRestore());
    const { port } = await openServer({ tls: TLS, handshakeTimeout: 54_321 });
    const raw = net.connect(port, '127.0.0.1');
    await new Promise(resolve => raw.once('connect', resolve));
    await wait(100);
    const { peer } = await tlsOver(raw);
    peer.write(request());
    await peer.head();
    const times = set.mock.calls.map(([, time]) => time ?? 0);
    const left = times.filter(time => time > 50_000 && time < 54_321);
    expect(left).toHaveLength(1);
    expect(left[0]).toBeLessThan(54_321 - 80);
  });

  test('the 408 is sent over TLS', async () => {
    const { port, refusals } = await openServer({ tls: TLS, handshakeTimeout: 200 });
    const peer = await rawConnectTls(port);
    peer.write('GET / HT');
    expect(await peer.head()).toContain(' 408 ');
    expect(refusals).toEqual([[408, undefined]]);
  });
});

describe('a client that disconnects during the TLS handshake is released at once', () => {
  test.each([
    ['TCP', false],
    ['a Unix domain socket', true],
  ])('over %s: by FIN, by closing, by RST, at every stage', async (_name, isUnix) => {
    const socketPath = temporarySocket();
    const { port, server } = await openServer({ tls: TLS, ...(isUnix ? { socketPath } : {}) });
    const hello = await clientHello();
    for (const leave of ['end', 'destroy', 'reset'] as const) {
      for (const length of [0, 1, 100, hello.length]) {
        const peer = isUnix ? await rawConnectUnix(socketPath) : await rawConnect(port);
        // Not before it was accepted.
        await wait(10);
        if (length > 0)
          await new Promise<void>(resolve => peer.socket.write(hello.subarray(0, length), () => resolve()));
        if (leave === 'end') peer.socket.end();
        else if (leave === 'destroy' || isUnix) peer.socket.destroy();
        else peer.reset();
        // The server closes the connection: it sends nothing more, and takes nothing more.
        if (leave === 'end') await peer.ended;
      }
    }
    const started = performance.now();
    await server.close({ timeout: 60_000 });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('one that half-closes after it is still answered', async () => {
    const { port, connections } = await openServer({ tls: TLS });
    const peer = await rawConnectTls(port);
    peer.write(request());
    await peer.head();
    connections[0]!.on('message', data => connections[0]!.send(data));
    peer.write(Buffer.concat([encodeFrame('client', OPCODE.TEXT, 'hello'), encodeFrame('client', OPCODE.CLOSE, '')]));
    peer.socket.end();
    const frames = await peer.frames('server', 2);
    expect(frames.map(({ opcode }) => opcode)).toEqual([OPCODE.TEXT, OPCODE.CLOSE]);
    expect(await connections[0]!.closed).toMatchObject({ code: 1005, wasClean: true });
  });
});

describe('close()', () => {
  test('ends unfinished TLS handshakes', async () => {
    const { port, server } = await openServer({ tls: TLS });
    const peer = await rawConnect(port);
    peer.write((await clientHello()).subarray(0, 20));
    await wait(20);
    const started = performance.now();
    await server.close({ timeout: 60_000 });
    expect(performance.now() - started).toBeLessThan(1_000);
    await peer.gone;
  });

  test('ends them within `timeout` over a Unix domain socket, on which they cannot be distinguished', async () => {
    const socketPath = temporarySocket();
    const { server } = await openServer({ socketPath, tls: TLS });
    const peers = [await rawConnectUnix(socketPath), await rawConnectUnix(socketPath)];
    await wait(20);
    const started = performance.now();
    await server.close({ timeout: 50 });
    expect(performance.now() - started).toBeLessThan(1_000);
    for (const peer of peers) await peer.gone;
  });

  test('answers 503 to a client that finishes TLS during close(), over a Unix domain socket', async () => {
    const socketPath = temporarySocket();
    const { server, refusals } = await openServer({ socketPath, tls: TLS });
    const raw = net.connect(socketPath);
    await new Promise(resolve => raw.once('connect', resolve));
    await wait(20);
    const closed = server.close({ timeout: 5_000 });
    const secure = tls.connect({ socket: raw, ca: TLS_CERTIFICATE, servername: 'localhost' });
    const peer = new RawPeer(secure);
    expect(await peer.head()).toContain(' 503 ');
    peer.socket.end();
    await closed;
    expect(refusals).toEqual([[503, undefined]]);
  });
});

/** Makes TLS over a socket that tests can still write to by hand. */
async function tlsOver(raw: net.Socket): Promise<{ raw: net.Socket; peer: RawPeer }> {
  raw.on('error', () => {});
  const secure = tls.connect({ socket: raw, ca: TLS_CERTIFICATE, servername: 'localhost' });
  const peer = new RawPeer(secure);
  await new Promise(resolve => secure.once('secureConnect', resolve));
  return { raw, peer };
}

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  const secure = tls.connect({ port, host: '127.0.0.1', servername: 'localhost' });
  secure.on('error', () => {});
  const [socket] = await new Promise<[net.Socket]>(resolve => server.once('connection', peer => resolve([peer])));
  const hello = await new Promise<Buffer>(resolve => socket.once('data', resolve));
  socket.destroy();
  secure.destroy();
  server.close();
  return hello;
}
