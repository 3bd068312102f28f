import { once } from 'node:events';
import { Agent, createServer, type RequestOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from '../../src/ws/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { next, serve } from './helpers.js';

/** Returns the options that node:http gets for a URL. */
function optionsFor(url: string | URL, options: ClientOptions = {}): RequestOptions & { auth?: string } {
  let seen: RequestOptions = {};
  const agent = new Agent();
  Object.assign(agent, {
    addRequest: (_: unknown, given: RequestOptions) => {
      seen = given;
    },
  });
  const ws = new WebSocket(url, { agent, ...options });
  ws.on('error', () => {});
  ws.terminate();
  return seen as RequestOptions & { auth?: string };
}

describe('a URL', () => {
  test.each([
    ['ws://[::1]/chat?a=1', { host: '::1', port: 80, path: '/chat?a=1' }],
    ['ws://example.com:8080', { host: 'example.com', port: '8080', path: '/' }],
    ['ws+unix:/tmp/a.sock:/chat', { socketPath: '/tmp/a.sock', path: '/chat' }],
    ['ws+unix:/tmp/a.sock', { socketPath: '/tmp/a.sock' }],
    ['ws://me:p%40ss@localhost', { auth: 'me:p@ss' }],
    ['ws://me:100%25%@localhost', { auth: 'me:100%25%' }],
    ['ws://me@localhost', { auth: 'me:' }],
  ])('%s becomes options of the request', (url, options) => {
    expect(optionsFor(url)).toMatchObject(options);
  });

  test('object is not changed', () => {
    const url = new URL('http://localhost/');
    expect(optionsFor(url)).toMatchObject({ host: 'localhost' });
    expect(url.href).toBe('http://localhost/');
  });
});

describe('a connection', () => {
  test('goes over TLS for wss: and https:, and verifyClient gets `secure`', async () => {
    const https = createTlsServer({ cert: TLS_CERTIFICATE, key: TLS_KEY });
    const seen: boolean[] = [];
    const server = new WebSocketServer({
      server: https,
      verifyClient: ({ secure }: { secure: boolean }) => seen.push(secure) > 0,
    });
    https.listen(0);
    onTestFinished(() => void https.close());
    await once(https, 'listening');
    const { port } = https.address() as AddressInfo;
    for (const scheme of ['wss', 'https']) {
      const client = new WebSocket(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      const [[peer]] = await Promise.all([next(server, 'connection') as Promise<[WebSocket]>, once(client, 'open')]);
      peer.close();
      await next(client, 'close');
    }
    expect(seen).toEqual([true, true]);
  });

  test('goes over a Unix domain socket', async () => {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    const path = join(tmpdir(), `ws101-${process.pid}.sock`);
    http.listen(path);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    const client = new WebSocket(`ws+unix:${path}:/chat`);
    const [[peer, request]] = await Promise.all([
      next(server, 'connection') as Promise<[WebSocket, { url: string }]>,
      once(client, 'open'),
    ]);
    expect(request.url).toBe('/chat');
    expect(server.address()).toBe(path);
    peer.close();
    await next(client, 'close');
  });

  test('goes through createConnection', async () => {
    const { server, url } = await serve();
    const client = new WebSocket('ws://elsewhere.invalid', {
      createConnection: () => net.connect(Number(new URL(url).port), 'localhost'),
    } as ClientOptions);
    const [, { headers }] = (await next(server, 'connection')) as [unknown, { headers: { host: string } }];
    expect(headers.host).toBe('elsewhere.invalid');
    client.on('error', () => {});
    client.terminate();
  });

  test('of version 8 has Sec-WebSocket-Origin', async () => {
    const { server, url } = await serve({ verifyClient: ({ origin }: { origin: string }) => origin === 'https://a' });
    const client = new WebSocket(url, { protocolVersion: 8, origin: 'https://a' });
    const [, { headers }] = (await next(server, 'connection')) as [unknown, { headers: object }];
    expect(headers).toMatchObject({ 'sec-websocket-version': '8', 'sec-websocket-origin': 'https://a' });
    client.on('error', () => {});
    client.terminate();
  });
});

describe('credentials', () => {
  /** Redirects once to `path` of the same host, and returns the Authorization of both requests. */
  async function authorizations(options: ClientOptions, userInfo = ''): Promise<(string | undefined)[]> {
    const seen: (string | undefined)[] = [];
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      seen.push(request.headers.authorization);
      socket.end(
        request.url === '/' ? 'HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n' : 'HTTP/1.1 403 Forbidden\r\n\r\n',
      );
    });
    server.listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new WebSocket(`ws://${userInfo}localhost:${port}/`, { followRedirects: true, ...options });
    client.on('error', () => {});
    await next(client, 'close');
    return seen;
  }

  test('of the URL are sent again to the same host', async () => {
    const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(await authorizations({}, 'me:secret@')).toEqual([basic, basic]);
    expect(await authorizations({ auth: 'me:secret' })).toEqual([basic, basic]);
  });

  test('in a header take precedence over those of the URL', async () => {
    expect(await authorizations({ headers: { authorization: 'Bearer t' } }, 'me:secret@')).toEqual([
      'Bearer t',
      'Bearer t',
    ]);
  });
});
