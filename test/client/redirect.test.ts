import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withoutCertificate } from '../../src/client/redirect.js';
import {
  type ConnectOptions,
  connect,
  type Dial,
  dial,
  HandshakeError,
  type WebSocketConnection,
} from '../../src/index.js';
import { headerOf, plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { type RawPeer, type RawServer, rawServer } from '../helpers/raw-peer.js';
import { TapLog } from '../helpers/tap-log.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

/** Accepts what is asked at a path of /end, and redirects everything else to where `location` says. */
async function redirecting(
  location: (server: RawServer, path: string) => string,
  where: Parameters<typeof rawServer>[1] = {},
  status = '302 Found',
): Promise<RawServer & { requests: string[] }> {
  const requests: string[] = [];
  const server = await rawServer(async (peer: RawPeer) => {
    const request = await peer.head();
    requests.push(request);
    const path = request.split(' ')[1]!;
    if (path.startsWith('/end')) peer.write(switchingProtocols(request));
    else peer.write(plainResponse(status, [`Location: ${location(server, path)}`], 'elsewhere'));
  }, where);
  return { ...server, requests };
}

async function open(url: string, options: ConnectOptions): Promise<WebSocketConnection> {
  const connection = await connect(url, options);
  onTestFinished(() => connection.terminate());
  return connection;
}

async function failure(url: string, options: ConnectOptions): Promise<HandshakeError> {
  const error = await open(url, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

/** A text in UTF-8, a character for each byte, as `rawServer` writes it. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const SECRETS = {
  Authorization: 'Bearer a',
  Cookie: 'b=c',
  'Proxy-Authorization': 'Basic d',
  'X-Other': 'e',
} as const;

describe('redirects', () => {
  test('are not followed by default, and the error names the target', async () => {
    const server = await redirecting(() => '/end');
    const error = await failure(`ws://127.0.0.1:${server.port}/`, {});
    expect(error).toMatchObject({ status: 302, summary: 'the server answered 302 Found', fault: 'peer' });
    expect(error.hint).toBe('a redirect to "/end", which was not followed: to follow it, set the option maxRedirects');
    expect(server.requests).toHaveLength(1);
  });

  test.each(['301 Moved', '302 Found', '303 See', '307 Temporary', '308 Permanent'])('%s is followed', async status => {
    const server = await redirecting(() => '/end', {}, status);
    await open(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1 });
    expect(server.requests).toHaveLength(2);
  });

  test.each(['300 Choices', '304 Not Modified', '305 Use Proxy', '404 Not Found'])('%s is none', async status => {
    const server = await redirecting(() => '/end', {}, status);
    await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 5 });
    expect(server.requests).toHaveLength(1);
  });

  test('an error after redirects names the URL asked for and the path, without secrets', async () => {
    const server = await redirecting(({ port }, path) =>
      path === '/b' ? 'ws://127.0.0.1:1/c' : `//127.0.0.1:${port}/b`,
    );
    const at = `ws://127.0.0.1:${server.port}`;
    const error = await failure(`ws://user:password@127.0.0.1:${server.port}/a?token=1`, { maxRedirects: 2 });
    expect(error).toMatchObject({
      phase: 'connect',
      url: 'ws://127.0.0.1:1/c',
      redirectedFrom: [`${at}/a?…`, `${at}/b`],
      cause: { code: 'ECONNREFUSED' },
    });
    expect(error.message).toContain(
      `could not open ws://127.0.0.1:1/c, redirected from ${at}/a?…, then ${at}/b: connecting to 127.0.0.1:1 failed`,
    );
  });

  test('an error about the last redirect names those before it', async () => {
    const server = await redirecting((_server, path) => `${path}x`);
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1 });
    expect(error).toMatchObject({ status: 302, redirectedFrom: [`ws://127.0.0.1:${server.port}/`] });
    expect((await failure(`ws://127.0.0.1:${server.port}/`, {})).redirectedFrom).toEqual([]);
  });

  test('an error of a class that a dial function defines stays as it is after a redirect', async () => {
    class Mine extends HandshakeError {}
    const mine = new Mine('no', { phase: 'proxy', fault: 'peer' });
    const server = await redirecting(() => '/b');
    const through: Dial = async (destination, ...others) => {
      if (destination.target === '/b') throw mine;
      return await dial(destination, ...others);
    };
    expect(await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1, dial: through })).toBe(mine);
  });

  test('without Location are not followed', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(plainResponse('302 Found'));
    });
    expect(await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 5 })).toMatchObject({ status: 302 });
  });

  test('relative and absolute, with ws: and with http:', async () => {
    const server = await redirecting(({ port }, path) => {
      if (path === '/a/b?q') return '../end';
      if (path === '/c') return `ws://127.0.0.1:${port}/end?ws`;
      return `http://127.0.0.1:${port}/end?http`;
    });
    for (const path of ['/a/b?q', '/c', '/d']) {
      await open(`ws://127.0.0.1:${server.port}${path}`, { maxRedirects: 1 });
    }
    expect(server.requests.map(request => request.split(' ')[1])).toEqual([
      '/a/b?q',
      '/end',
      '/c',
      '/end?ws',
      '/d',
      '/end?http',
    ]);
  });

  test('to raw UTF-8, which browsers accept too, are percent-encoded, and a host name becomes ASCII', async () => {
    const server = await redirecting((_server, path) => (path === '/' ? bytes('/end/straße?q=🌍') : bytes('/end ü')));
    await open(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1 });
    await open(`ws://127.0.0.1:${server.port}/space`, { maxRedirects: 1 });
    expect(server.requests.map(request => request.split(' ')[1])).toEqual([
      '/',
      '/end/stra%C3%9Fe?q=%F0%9F%8C%8D',
      '/space',
      '/end%20%C3%BC',
    ]);
    const elsewhere = await redirecting(() => bytes('ws://bücher.invalid/'));
    const error = await failure(`ws://127.0.0.1:${elsewhere.port}/`, { maxRedirects: 1 });
    expect(error.message).toContain('xn--bcher-kva.invalid');
  });

  test('one that is not followed is shown decoded', async () => {
    const server = await redirecting((_server, path) => bytes(path === '/' ? '/straße' : 'ftp://h/straße'));
    expect((await failure(`ws://127.0.0.1:${server.port}/`, {})).hint).toContain('a redirect to "/straße"');
    const error = await failure(`ws://127.0.0.1:${server.port}/ftp`, { maxRedirects: 1 });
    expect(error.message).toContain(
      'the redirect to "ftp://h/straße" is not followed, since it is not a WebSocket URL',
    );
  });

  test('two Locations in one response are not followed', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(plainResponse('302 Found', ['Location: /a', 'Location: /b']));
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 5 });
    expect(error.message).toContain(
      'the redirect to "/a" is not followed, since the response has several Location headers',
    );
    expect(server.peers).toHaveLength(1);
  });

  test('each has a key of its own, and a connection of its own [4.1-30]', async () => {
    const server = await redirecting((_server, path) => (path === '/1' ? '/2' : '/end'));
    const tap = new TapLog();
    await open(`ws://127.0.0.1:${server.port}/1`, { maxRedirects: 2, tap });
    expect(new Set(server.requests.map(request => headerOf(request, 'Sec-WebSocket-Key'))).size).toBe(3);
    expect(server.peers).toHaveLength(3);
    const attempt = ['connected', 'sent', 'received', 'closed by error'];
    expect(tap.events).toEqual([...attempt, ...attempt, ...attempt.slice(0, 3)]);
  });

  test('at most as many as allowed: the last one is the error', async () => {
    const server = await redirecting(() => '/again');
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 5 });
    expect(error).toMatchObject({ status: 302, hint: expect.stringContaining('/again') });
    expect(server.requests).toHaveLength(6);
  });

  test('all of them share one handshakeTimeout', async () => {
    const server = await rawServer(async (peer, index) => {
      await peer.head();
      await new Promise(resolve => setTimeout(resolve, 60));
      if (index < 5) peer.write(plainResponse('302 Found', ['Location: /next']));
    });
    const url = `ws://127.0.0.1:${server.port}/`;
    expect((await failure(url, { maxRedirects: 5, handshakeTimeout: 150 })).message).toContain('handshakeTimeout');
    expect(server.peers.length).toBeLessThanOrEqual(3);
  });

  test.each([
    ['without a length', ''],
    ['of a length that never arrives', 'Content-Length: 1000\r\n'],
    ['in chunks that never end', 'Transfer-Encoding: chunked\r\n'],
  ])('the old connection is ended without waiting for a body %s', async (_what, header) => {
    const server = await rawServer(async peer => {
      const request = await peer.head();
      if (request.startsWith('GET /end')) peer.write(switchingProtocols(request));
      else peer.write(`HTTP/1.1 302 Found\r\nLocation: /end\r\n${header}\r\n`);
    });
    await open(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1 });
    await server.peers[0]!.gone;
    expect(server.peers).toHaveLength(2);
  });

  test('the body of a redirect that is not followed is waited for', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write('HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 9\r\n\r\n');
      setTimeout(() => peer.write('elsewhere'), 20);
    });
    const error = await failure(`ws://127.0.0.1:${server.port}/`, {});
    expect(error.body).toBe('elsewhere');
  });

  test.each([
    ['ftp://example.com/', 'it is not a WebSocket URL'],
    ['//[', 'it is not a WebSocket URL'],
    ['/end#top', 'it is not a WebSocket URL'],
    ['/stra\xdfe', 'it is neither ASCII nor UTF-8'],
    ['ws://user:%ff@example.com/', 'it is not a WebSocket URL'],
    ['ws://a"b/', 'it is not a WebSocket URL'],
    ['ws+unix:/run/docker.sock:/end', 'it leads to a Unix domain socket'],
  ])('to %s is not followed: %s', async (location, why) => {
    const server = await redirecting(() => location);
    const error = await failure(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 5 });
    expect(error.summary).toBe(
      `the server answered 302 Found: the redirect to ${JSON.stringify(location)} is not followed, since ${why}`,
    );
    expect(error).toMatchObject({ phase: 'response', fault: 'peer', status: 302, hint: undefined });
    expect(error.body).toBe('elsewhere');
    expect(error.headers.get('Location')).toBe(location);
  });

  test('from wss to ws is never followed', async () => {
    const plain = await redirecting(() => '/end');
    for (const scheme of ['ws', 'http']) {
      const secure = await redirecting(() => `${scheme}://127.0.0.1:${plain.port}/end`, { secure: true });
      const options = { maxRedirects: 5, tls: { ca: TLS_CERTIFICATE } };
      const error = await failure(`wss://localhost:${secure.port}/`, options);
      expect(error.message).toContain('it leads from wss to ws');
    }
    expect(plain.requests).toEqual([]);
  });

  test('from ws to wss is followed', async () => {
    const secure = await redirecting(() => '/end', { secure: true });
    const plain = await redirecting(() => `https://localhost:${secure.port}/end`);
    const connection = await open(`ws://127.0.0.1:${plain.port}/`, { maxRedirects: 1, tls: { ca: TLS_CERTIFICATE } });
    expect(connection.transport.tls?.authorized).toBe(true);
  });
});

describe('credentials (CVE-2026-42498 of Tomcat, ws 8.5 and 8.7)', () => {
  test('are sent within the origin', async () => {
    const server = await redirecting(() => '/end');
    await open(`ws://user:pw@127.0.0.1:${server.port}/`, {
      maxRedirects: 1,
      headers: { Cookie: 'b=c', Host: 'other.example' },
    });
    for (const request of server.requests) {
      expect(headerOf(request, 'Authorization')).toBe(`Basic ${Buffer.from('user:pw').toString('base64')}`);
      expect(headerOf(request, 'Cookie')).toBe('b=c');
      expect(headerOf(request, 'Host')).toBe('other.example');
    }
  });

  test('are dropped when the port changes, in any spelling, and do not come back', async () => {
    const other = await redirecting(() => `ws://127.0.0.1:${server.port}/end`);
    const server: RawServer & { requests: string[] } = await redirecting(() => `ws://127.0.0.1:${other.port}/`);
    await open(`ws://127.0.0.1:${server.port}/`, {
      maxRedirects: 2,
      headers: { ...SECRETS, COOKIE: 'x=y', host: 'inner.example' },
    });
    expect(headerOf(server.requests[0]!, 'Authorization')).toBe('Bearer a');
    for (const [request, port] of [
      [other.requests[0]!, other.port],
      [server.requests[1]!, server.port],
    ] as const) {
      for (const name of ['Authorization', 'Cookie', 'Proxy-Authorization']) {
        expect(headerOf(request, name)).toBeUndefined();
      }
      expect(headerOf(request, 'X-Other')).toBe('e');
      expect(headerOf(request, 'Host')).toBe(`127.0.0.1:${port}`);
    }
  });

  test('of the first URL are dropped too; those of the new URL are used', async () => {
    const other = await redirecting(() => '/end');
    const server = await redirecting((_, path) => `ws://${path === '/x' ? 'new:pw@' : ''}127.0.0.1:${other.port}/end`);
    await open(`ws://old:pw@127.0.0.1:${server.port}/`, { maxRedirects: 1 });
    await open(`ws://old:pw@127.0.0.1:${server.port}/x`, { maxRedirects: 1 });
    expect(headerOf(other.requests[0]!, 'Authorization')).toBeUndefined();
    expect(headerOf(other.requests[1]!, 'Authorization')).toBe(`Basic ${Buffer.from('new:pw').toString('base64')}`);
  });

  test('are dropped from ws to wss of the same host', async () => {
    const secure = await redirecting(() => '/end', { secure: true });
    const plain = await redirecting(() => `wss://127.0.0.1:${secure.port}/end`);
    const tls = { ca: TLS_CERTIFICATE };
    await open(`ws://127.0.0.1:${plain.port}/`, { maxRedirects: 1, headers: SECRETS, tls });
    expect(headerOf(secure.requests[0]!, 'Cookie')).toBeUndefined();
  });

  test('a client certificate is used only within the origin', async () => {
    const subjects: unknown[] = [];
    const look = (peer: RawPeer) => subjects.push((peer.socket as TLSSocket).getPeerCertificate().subject?.CN);
    const where = { secure: true, onPeer: look } as const;
    const other = await redirecting(() => '/end', where);
    const server: RawServer = await redirecting(
      (_, path) => (path === '/' ? '/away' : `wss://localhost:${other.port}/end`),
      where,
    );
    const tls = { ca: TLS_CERTIFICATE, cert: TLS_CERTIFICATE, key: TLS_KEY };
    await open(`wss://localhost:${server.port}/`, { maxRedirects: 2, tls });
    expect(subjects).toEqual(['localhost', 'localhost', undefined]);
  });
});

test.each<[what: string, tls: Record<string, unknown>]>([
  ['cert and key', { cert: 'c', key: 'k', passphrase: 'p' }],
  ['pfx', { pfx: 'p' }],
  ['secureContext, which may hold a certificate', { secureContext: {} }],
  ['the key of an engine', { privateKeyEngine: 'e', privateKeyIdentifier: 'i', clientCertEngine: 'e' }],
  ['pskCallback', { pskCallback: () => null }],
  ['session, which is that of the other server', { session: Buffer.alloc(1) }],
  ['servername, which is the name of the other server', { servername: 'h' }],
])('another origin does not get %s', (_what, tls) => {
  const kept = { ca: 'ca', rejectUnauthorized: true };
  const dial = withoutCertificate({ socket: { family: 4 }, tls: { ...kept, ...tls } as ConnectionOptions });
  expect(dial).toEqual({ socket: { family: 4 }, tls: kept });
});

describe('redirects of a Unix domain socket', () => {
  test('a relative one stays at the socket, one to another socket is not followed, one to a host is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ws101-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'a.sock');
    const host = await redirecting(() => '/end');
    const server = await redirecting(
      (_server, target) => {
        if (target === '/here') return 'end?1';
        return target === '/other' ? `ws+unix:${folder}/b.sock:/end` : `ws://127.0.0.1:${host.port}/end`;
      },
      { path },
    );
    const headers = { Cookie: 'b=c' };
    await open(`ws+unix:${path}:/here`, { maxRedirects: 1, headers });
    await open(`ws+unix:${path}:/host`, { maxRedirects: 1, headers });
    const error = await failure(`ws+unix:${path}:/other`, { maxRedirects: 1, headers });
    expect(error.message).toContain('it leads to a Unix domain socket');
    expect(server.requests[1]!.startsWith('GET /end?1 ')).toBe(true);
    expect(headerOf(server.requests[1]!, 'Cookie')).toBe('b=c');
    expect(headerOf(host.requests[0]!, 'Cookie')).toBeUndefined();
  });
});
