import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, HandshakeError } from '../../../src/index.js';
import { openServer } from '../../helpers/open-server.js';
import { httpProxy, socks5Proxy } from '../../helpers/proxy-servers.js';
import { closedPort, rawServer } from '../../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';

const TRUST = { ca: TLS_CERTIFICATE };

/** Sends a message to an echo server and back, and closes. */
async function echo(url: string, options: ConnectOptions): Promise<string> {
  const connection = await connect(url, options);
  connection.send('hello');
  const [data] = await once(connection, 'message');
  await connection.close();
  return String(data);
}

async function echoServer(options: object = {}) {
  const opened = await openServer(options);
  opened.server.on('connection', connection => connection.on('message', data => void connection.send(data)));
  return opened;
}

async function failure(url: string, options: ConnectOptions): Promise<HandshakeError> {
  return (await connect(url, options).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )) as HandshakeError;
}

describe('an HTTP proxy', () => {
  test('[4.1-10] opens a tunnel by CONNECT, and looks up the name', async () => {
    const [{ port }, proxy] = await Promise.all([echoServer(), httpProxy()]);
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, origin: `http://no-such-host.test:${port}` };
    expect(await echo(`ws://no-such-host.test:${port}/`, options)).toBe('hello');
    expect(proxy.tunnels).toEqual([`no-such-host.test:${port}`]);
    expect(proxy.requests[0]?.headers.host).toBe(`no-such-host.test:${port}`);
  });

  test('carries TLS to the server, which the proxy cannot read', async () => {
    const [{ port }, proxy] = await Promise.all([
      echoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } }),
      httpProxy(),
    ]);
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, tls: TRUST };
    expect(await echo(`wss://localhost:${port}/`, options)).toBe('hello');
  });

  test('may be reached over TLS itself, with TLS inside', async () => {
    const [{ port }, proxy] = await Promise.all([
      echoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } }),
      httpProxy({ secure: true }),
    ]);
    const options = { proxy: { url: `https://localhost:${proxy.port}`, tls: TRUST }, tls: TRUST };
    expect(await echo(`wss://localhost:${port}/`, options)).toBe('hello');
  });

  test('gets user and password, and extra headers', async () => {
    const [{ port }, proxy] = await Promise.all([echoServer(), httpProxy({ password: 'ada:p@ss word' })]);
    const url = new URL(`http://ada:p%40ss%20word@127.0.0.1:${proxy.port}`);
    const options = { proxy: { url, headers: { 'X-Team': 'core' } } };
    expect(await echo(`ws://127.0.0.1:${port}/`, options)).toBe('hello');
    expect(proxy.requests[0]?.headers['x-team']).toBe('core');
  });

  test('is used again after a redirect', async () => {
    const { port } = await echoServer();
    const first = await rawServer(async peer => {
      await peer.head();
      peer.write(`HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${port}/\r\nContent-Length: 0\r\n\r\n`);
    });
    const proxy = await httpProxy();
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, maxRedirects: 1 };
    expect(await echo(`ws://127.0.0.1:${first.port}/`, options)).toBe('hello');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${first.port}`, `127.0.0.1:${port}`]);
  });

  test.each([
    [407, 'Proxy Authentication Required', /user and a password/],
    [403, 'Forbidden', /does not allow this host/],
    [502, 'Bad Gateway', /cannot reach the server/],
    [418, '', undefined],
  ])('that answers %d fails with phase proxy, its status and a hint', async (status, reason, hint) => {
    const proxy = await httpProxy({ answer: `HTTP/1.1 ${status} ${reason}\r\nX-Cause: rule 7\r\n\r\nblocked` });
    const error = await failure('ws://example.test/', { proxy: `http://ada:secret@127.0.0.1:${proxy.port}` });
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ phase: 'proxy', fault: 'peer', status, body: 'blocked', url: 'ws://example.test/' });
    expect(error.headers.get('X-Cause')).toBe('rule 7');
    expect(error.summary).toBe(`the proxy http://127.0.0.1:${proxy.port} answered ${status} ${reason}`.trimEnd());
    if (hint === undefined) expect(error.hint).toBeUndefined();
    else expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain('secret');
  });

  test('whose reason has control characters cannot act on a terminal', async () => {
    // A terminal in 8-bit mode takes 0x9b as the start of a control sequence.
    for (const [control, seen] of [
      ['\x1b[', 'got the control byte 0x1b'],
      ['\x9b', '\\u009b31mred'],
    ]) {
      const proxy = await httpProxy({ answer: `HTTP/1.1 403 ${control}31mred\r\n\r\n` });
      const { summary } = await failure('ws://example.test/', { proxy: `http://127.0.0.1:${proxy.port}` });
      expect(summary).toContain(seen);
      expect(summary).not.toMatch(/\p{Cc}/u);
    }
  });

  test('that does not speak HTTP fails with phase proxy', async () => {
    const proxy = await rawServer(async peer => {
      await peer.received;
      peer.write('SSH-2.0-OpenSSH\r\n');
    });
    const error = await failure('ws://example.test/', { proxy: `http://127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'peer', hint: 'is this an HTTP proxy?' });
    expect(error.summary).toMatch(/the proxy .* does not speak HTTP\/1\.1: /);
  });
});

describe('a SOCKS5 proxy', () => {
  test('that looks up the name gets the name (socks5h:)', async () => {
    const [{ port }, proxy] = await Promise.all([echoServer(), socks5Proxy()]);
    const options = { proxy: `socks5h://127.0.0.1:${proxy.port}` };
    expect(await echo(`ws://no-such-host.test:${port}/`, options)).toBe('hello');
    expect(proxy.tunnels).toEqual([`no-such-host.test:${port}`]);
  });

  test('gets an address, and the name is looked up here (socks5:)', async () => {
    const [{ port }, proxy] = await Promise.all([echoServer(), socks5Proxy()]);
    const lookup = (_: string, __: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: '127.0.0.9', family: 4 }]);
    const options = { proxy: `socks5://127.0.0.1:${proxy.port}`, socket: { lookup: lookup as never } };
    expect(await echo(`ws://example.test:${port}/`, options)).toBe('hello');
    expect(proxy.tunnels).toEqual([`127.0.0.9:${port}`]);
  });

  test.each([
    ['[2001:db8::ff]', '32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,255'],
    ['[::1]', '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1'],
    ['[1:2:3:4:5:6:7:8]', '0,1,0,2,0,3,0,4,0,5,0,6,0,7,0,8'],
    ['[::ffff:192.0.2.1]', '0,0,0,0,0,0,0,0,0,0,255,255,192,0,2,1'],
  ])('gets the IPv6 address %s as 16 bytes', async (host, bytes) => {
    const [{ port }, proxy] = await Promise.all([echoServer(), socks5Proxy()]);
    expect(await echo(`ws://${host}:${port}/`, { proxy: `socks5h://127.0.0.1:${proxy.port}` })).toBe('hello');
    expect(proxy.tunnels).toEqual([`${bytes}:${port}`]);
  });

  test('carries TLS to the server', async () => {
    const [{ port }, proxy] = await Promise.all([
      echoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } }),
      socks5Proxy(),
    ]);
    const options = { proxy: `socks5h://127.0.0.1:${proxy.port}`, tls: TRUST };
    expect(await echo(`wss://localhost:${port}/`, options)).toBe('hello');
  });

  test('gets user and password if it wants them', async () => {
    const [{ port }, proxy] = await Promise.all([echoServer(), socks5Proxy({ password: 'ada:pass' })]);
    expect(await echo(`ws://127.0.0.1:${port}/`, { proxy: `socks5h://ada:pass@127.0.0.1:${proxy.port}` })).toBe(
      'hello',
    );
  });

  test.each([
    ['IPv4', [1, 0, 0, 0, 0]],
    ['IPv6', [4, ...Array.from({ length: 16 }, () => 0)]],
    ['a name', [3, 4, 104, 111, 115, 116]],
  ])('may send its replies byte by byte, with %s as its bound address', async (_, bound) => {
    const [{ port }, proxy] = await Promise.all([echoServer(), socks5Proxy({ slow: true, bound })]);
    expect(await echo(`ws://127.0.0.1:${port}/`, { proxy: `socks5h://127.0.0.1:${proxy.port}` })).toBe('hello');
  });

  test.each([
    [
      'wants a password and gets none',
      '',
      { password: 'ada:pass' },
      /authentication methods/,
      /socks5h:\/\/user:password/,
    ],
    [
      'wants another password',
      'ada:wrong@',
      { password: 'ada:pass' },
      /refused the user and the password/,
      /in the URL/,
    ],
    ['accepts no way to authenticate', 'ada:pass@', { method: 0xff }, /authentication methods/, /neither a user/],
    ['forbids the host', '', { reply: 2 }, /not allowed by its rules \(reply 2\)/, /does not allow/],
    ['cannot reach the host', '', { reply: 5 }, /connection refused \(reply 5\)/, /nothing listens/],
    ['replies with an unknown number', '', { reply: 77 }, /an unknown reply \(reply 77\)/, /^$/],
  ])('that %s fails with phase proxy, the cause and a hint', async (_, user, options, summary, hint) => {
    const proxy = await socks5Proxy(options);
    const error = await failure('ws://example.test/', { proxy: `socks5h://${user}127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'peer', status: undefined });
    expect(error.summary).toMatch(summary);
    expect(error.hint ?? '').toMatch(hint);
  });

  test('is not asked for a name longer than 255 bytes, whose length does not fit in the request', async () => {
    const proxy = await socks5Proxy();
    const name = `${'a.'.repeat(150)}test`;
    const error = await failure(`ws://${name}/`, { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'caller' });
    expect(error.summary).toContain('at most 255 bytes');
    expect(proxy.tunnels).toEqual([]);
  });

  test('that is an HTTP proxy is recognised', async () => {
    const proxy = await rawServer(async peer => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failure('ws://example.test/', { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(error.summary).toContain('does not speak SOCKS5: its first byte is 0x48');
    expect(error.hint).toContain('try http://');
  });

  test('that closes the connection fails', async () => {
    const proxy = await rawServer(async peer => peer.socket.end());
    const error = await failure('ws://example.test/', { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(error.summary).toMatch(/asking the proxy .* failed: the connection was closed/);
  });
});

describe('either kind', () => {
  test.each(['http', 'socks5h'])(
    '%s: a proxy where nothing listens fails with phase proxy, naming the proxy',
    async scheme => {
      const port = await closedPort();
      const error = await failure('ws://example.test/', { proxy: `${scheme}://127.0.0.1:${port}` });
      expect(error).toMatchObject({ phase: 'proxy', fault: 'network' });
      expect(error.summary).toContain(`connecting to the proxy ${scheme}://127.0.0.1:${port} failed`);
      expect(error.hint).toMatch(/^about the proxy: nothing listens/);
    },
  );

  test.each(['http', 'socks5h'])('%s: a proxy that does not answer fails after handshakeTimeout', async scheme => {
    const silent = await rawServer(async () => {});
    const options = { proxy: `${scheme}://127.0.0.1:${silent.port}`, handshakeTimeout: 100 };
    const error = await failure('ws://example.test/', options);
    expect(error).toMatchObject({ phase: 'proxy', fault: 'network' });
    expect(error.hint).toContain('the proxy does not answer');
  });

  test.each(['http', 'socks5h'])('%s: an abort ends the attempt with its reason', async scheme => {
    const silent = await rawServer(async () => {});
    const abort = new AbortController();
    const options = { proxy: `${scheme}://127.0.0.1:${silent.port}`, signal: abort.signal };
    const failed = failure('ws://example.test/', options);
    setTimeout(() => abort.abort(new Error('no more')), 20);
    expect(await failed).toMatchObject({ message: 'no more' });
  });

  test('a Unix domain socket is reached directly', async () => {
    const error = await failure('ws+unix:/no/such.sock', { proxy: 'http://127.0.0.1:1' });
    expect(error.phase).toBe('connect');
  });
});
