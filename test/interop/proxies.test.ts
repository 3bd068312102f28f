import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { describe, expect, test } from 'vitest';
import { agentDial, type ConnectOptions, connect, HandshakeError } from '../../src/index.js';
import { closedPort } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { startEchoServer } from './helpers/echo-server.js';
import { startDante, startMicrosocks, startSquid, startTinyproxy } from './helpers/proxies.js';

/** Echoes a small and a large message, pings, and closes. */
async function converse(url: string, options: ConnectOptions): Promise<void> {
  const connection = await connect(url, options);
  const messages = connection[Symbol.asyncIterator]();
  connection.send('κόσμε 🌍');
  expect((await messages.next()).value).toBe('κόσμε 🌍');
  const large = Buffer.alloc(2 ** 20, 'ws101');
  connection.send(large);
  expect((await messages.next()).value).toSatisfy(echo => large.equals(echo));
  expect(await connection.ping()).toBeGreaterThan(0);
  expect(await connection.close(4001, 'bye')).toMatchObject({ code: 4001, wasClean: true });
}

async function failure(url: string, options: ConnectOptions): Promise<HandshakeError> {
  const error = await connect(url, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

const SECURE = { tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } };
const trust = { tls: { ca: TLS_CERTIFICATE } };

describe('tinyproxy', () => {
  test('carries ws: and wss:', async () => {
    const [plain, secure, port] = await Promise.all([startEchoServer(), startEchoServer(SECURE), startTinyproxy()]);
    const proxy = `http://127.0.0.1:${port}`;
    await converse(`ws://127.0.0.1:${plain.port}/`, { proxy });
    await converse(`wss://localhost:${secure.port}/`, { proxy, ...trust });
  });

  test('asks for a password, and takes it', async () => {
    const [{ port: target }, port] = await Promise.all([startEchoServer(), startTinyproxy('BasicAuth ada secret')]);
    const url = `ws://127.0.0.1:${target}/`;
    await converse(url, { proxy: `http://ada:secret@127.0.0.1:${port}` });
    const error = await failure(url, { proxy: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ phase: 'proxy', status: 407, fault: 'peer' });
    expect(error.hint).toContain('user and a password');
  });

  test('refuses a port, and the error says so', async () => {
    const port = await startTinyproxy('ConnectPort 443');
    const error = await failure('ws://127.0.0.1:81/', { proxy: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ phase: 'proxy', status: 403 });
    expect(error.hint).toContain('does not allow this host or this port');
  });

  test('cannot reach the server, and the error names the hop', async () => {
    const [target, port] = [await closedPort(), await startTinyproxy()];
    const error = await failure(`ws://127.0.0.1:${target}/`, { proxy: `http://127.0.0.1:${port}` });
    expect(error.phase).toBe('proxy');
    expect(error.status).toBeGreaterThanOrEqual(500);
    expect(error.summary).toContain(`the proxy http://127.0.0.1:${port} answered 5`);
  });

  test('is reached through https-proxy-agent, too', async () => {
    const [plain, secure, port] = await Promise.all([startEchoServer(), startEchoServer(SECURE), startTinyproxy()]);
    const dial = agentDial(new HttpsProxyAgent(`http://127.0.0.1:${port}`));
    await converse(`ws://127.0.0.1:${plain.port}/`, { dial });
    await converse(`wss://localhost:${secure.port}/`, { dial, ...trust });
    const guarded = await startTinyproxy('BasicAuth ada secret');
    const error = await failure(`wss://localhost:${secure.port}/`, {
      dial: agentDial(new HttpsProxyAgent(`http://127.0.0.1:${guarded}`)),
    });
    expect(error).toMatchObject({ phase: 'proxy', status: 407 });
  });
});

describe('squid', () => {
  test('carries ws: and wss:', async () => {
    const [plain, secure] = await Promise.all([startEchoServer(), startEchoServer(SECURE)]);
    const proxy = `http://127.0.0.1:${await startSquid({ ports: [plain.port, secure.port] })}`;
    await converse(`ws://127.0.0.1:${plain.port}/`, { proxy });
    await converse(`wss://localhost:${secure.port}/`, { proxy, ...trust });
  });

  test('asks for a password, takes the right one, and refuses a wrong one with 407', async () => {
    const secure = await startEchoServer(SECURE);
    const port = await startSquid({ ports: [secure.port], password: true });
    const url = `wss://localhost:${secure.port}/`;
    await converse(url, { proxy: `http://ada:secret@127.0.0.1:${port}`, ...trust });
    for (const user of ['', 'ada:wrong@']) {
      const error = await failure(url, { proxy: `http://${user}127.0.0.1:${port}`, ...trust });
      expect(error).toMatchObject({ phase: 'proxy', status: 407, fault: 'peer' });
      expect(error.headers.get('Proxy-Authenticate')).toMatch(/^Basic /);
      expect(error.hint).toContain('user and a password');
    }
  });

  test('refuses a port with 403, and the error has its page', async () => {
    const port = await startSquid({ ports: [443] });
    const error = await failure('ws://127.0.0.1:81/', { proxy: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ phase: 'proxy', status: 403 });
    expect(error.headers.get('X-Squid-Error')).toBe('ERR_ACCESS_DENIED 0');
    expect(error.hint).toContain('does not allow this host or this port');
  });

  test('cannot reach the server, and says so with 503', async () => {
    const target = await closedPort();
    const port = await startSquid({ ports: [target] });
    const error = await failure(`ws://127.0.0.1:${target}/`, { proxy: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ phase: 'proxy', status: 503, hint: 'the proxy cannot reach the server' });
  });
});

describe('dante', () => {
  test('carries ws: and wss:, with the name looked up by either end', async () => {
    const [plain, secure, port] = await Promise.all([startEchoServer(), startEchoServer(SECURE), startDante()]);
    for (const scheme of ['socks5', 'socks5h']) {
      const proxy = `${scheme}://127.0.0.1:${port}`;
      await converse(`ws://127.0.0.1:${plain.port}/`, { proxy });
      await converse(`wss://localhost:${secure.port}/`, { proxy, ...trust, socket: { family: 4 } });
    }
  });

  test('blocks a port by a rule, and cannot reach another, and the error says which', async () => {
    const [blocked, target] = [await closedPort(), await closedPort()];
    const proxy = `socks5h://127.0.0.1:${await startDante({ blocked })}`;
    const refused = await failure(`ws://127.0.0.1:${blocked}/`, { proxy });
    expect(refused.summary).toContain('not allowed by its rules (reply 2)');
    const unreachable = await failure(`ws://127.0.0.1:${target}/`, { proxy });
    expect(unreachable.summary).toContain('connection refused (reply 5)');
  });
});

describe('microsocks', () => {
  test('carries ws: and wss:, with the name looked up by either end', async () => {
    const [plain, secure, port] = await Promise.all([startEchoServer(), startEchoServer(SECURE), startMicrosocks()]);
    for (const scheme of ['socks5', 'socks5h']) {
      const proxy = `${scheme}://127.0.0.1:${port}`;
      await converse(`ws://127.0.0.1:${plain.port}/`, { proxy });
      await converse(`wss://localhost:${secure.port}/`, { proxy, ...trust, socket: { family: 4 } });
    }
  });

  test('asks for a password, and takes it', async () => {
    const [{ port: target }, port] = await Promise.all([
      startEchoServer(),
      startMicrosocks('-u', 'ada', '-P', 'secret'),
    ]);
    const url = `ws://127.0.0.1:${target}/`;
    await converse(url, { proxy: `socks5h://ada:secret@127.0.0.1:${port}` });
    const wrong = await failure(url, { proxy: `socks5h://ada:wrong@127.0.0.1:${port}` });
    expect(wrong).toMatchObject({ phase: 'proxy', fault: 'peer' });
    expect(wrong.summary).toContain('refused the user and the password');
    const none = await failure(url, { proxy: `socks5h://127.0.0.1:${port}` });
    expect(none.summary).toContain('accepts none of the authentication methods');
  });

  test('cannot reach the server, and the error says why', async () => {
    const [target, port] = [await closedPort(), await startMicrosocks()];
    const error = await failure(`ws://127.0.0.1:${target}/`, { proxy: `socks5h://127.0.0.1:${port}` });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'peer' });
    expect(error.summary).toContain('refused to connect: connection refused');
  });

  test('is reached through socks-proxy-agent, too', async () => {
    const [plain, secure, port] = await Promise.all([startEchoServer(), startEchoServer(SECURE), startMicrosocks()]);
    const dial = agentDial(new SocksProxyAgent(`socks5h://127.0.0.1:${port}`));
    await converse(`ws://127.0.0.1:${plain.port}/`, { dial });
    await converse(`wss://localhost:${secure.port}/`, { dial, ...trust });
  });
});
