import { once } from 'node:events';
import { createServer, get, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acceptOf } from '../../src/handshake/index.js';
import { type ServerOptions, WebSocket, WebSocketServer } from '../../src/ws/index.js';
import { internals, next, open, serve } from './helpers.js';

/** Sends a request for a WebSocket and returns the response. */
async function request(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<[number, string]> {
  const sent = httpRequest(url.replace('ws:', 'http:'), {
    method,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
      'Sec-WebSocket-Version': '13',
      ...headers,
    },
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return [response.statusCode!, (await response.toArray()).join('')];
}

describe('the constructor', () => {
  test.each([[undefined], [{}], [{ port: 0, noServer: true }], [{ port: 0, server: createServer() }]])(
    'needs exactly one of port, server and noServer: %#',
    options => {
      expect(() => new WebSocketServer(options as ServerOptions)).toThrow(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    },
  );

  test('calls back when the server listens', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => called());
    let called = () => {};
    await new Promise<void>(resolve => {
      called = resolve;
    });
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    server.close();
  });

  test('leaves clients undefined without clientTracking', () => {
    const server = new WebSocketServer({ noServer: true, clientTracking: false });
    expect(server.clients).toBeUndefined();
    expect(() => server.address()).toThrow('The server is operating in "noServer" mode');
  });
});

describe('requests', () => {
  test('that are not for a WebSocket get 426', async () => {
    const { url } = await serve();
    const [response] = (await once(get(url.replace('ws:', 'http:')), 'response')) as [IncomingMessage];
    expect([response.statusCode, (await response.toArray()).join('')]).toEqual([426, 'Upgrade Required']);
  });

  test.each<[string, Record<string, string>, string, [number, string]]>([
    ['the method', {}, 'POST', [405, 'Invalid HTTP method']],
    ['Upgrade', { Upgrade: 'foo' }, 'GET', [400, 'Invalid Upgrade header']],
    ['the key', { 'Sec-WebSocket-Key': 'short' }, 'GET', [400, 'Missing or invalid Sec-WebSocket-Key header']],
    ['the version', { 'Sec-WebSocket-Version': '7' }, 'GET', [400, 'Missing or invalid Sec-WebSocket-Version header']],
    ['the subprotocols', { 'Sec-WebSocket-Protocol': 'a,,b' }, 'GET', [400, 'Invalid Sec-WebSocket-Protocol header']],
    [
      'the extensions',
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; x' },
      'GET',
      [400, 'Invalid or unacceptable Sec-WebSocket-Extensions header'],
    ],
  ])('are refused because of %s', async (_, headers, method, answer) => {
    const { url } = await serve({ perMessageDeflate: true });
    expect(await request(url, headers, method)).toEqual(answer);
  });

  test('are refused for another path, which shouldHandle() decides', async () => {
    const { server, url } = await serve({ path: '/chat' });
    expect((await request(`${url}/other`))[0]).toBe(400);
    server.shouldHandle = ({ url }) => url === '/other';
    new WebSocket(`${url}/other`);
    await next(server, 'connection');
  });

  test('are left to the listener of wsClientError', async () => {
    const { server, url } = await serve();
    server.on('wsClientError', (error, socket) => socket.end(`HTTP/1.1 418 Teapot\r\n\r\n${error.message}`));
    expect(await request(url, { Upgrade: 'foo' })).toEqual([418, 'Invalid Upgrade header']);
  });

  test('are refused with 503 while the server closes', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (upgrade, socket, head) => {
      server.close();
      server.handleUpgrade(upgrade, socket, head, () => expect.unreachable());
    });
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    expect((await request(`ws://localhost:${(http.address() as AddressInfo).port}`))[0]).toBe(503);
  });
});

describe('verifyClient', () => {
  test('returns whether a request is accepted', async () => {
    const { url } = await serve({
      verifyClient: ({ origin, secure, req }) => origin === 'a' && !secure && req.url === '/',
    });
    expect(await request(url, { Origin: 'b' })).toEqual([401, 'Unauthorized']);
    await once(new WebSocket(url, { origin: 'a' }), 'open');
  });

  test('may call back with its own response', async () => {
    const { url } = await serve({
      verifyClient: (_, callback) => setImmediate(callback, false, 403, 'Not you', { 'X-Reason': 'because' }),
    });
    expect(await request(url)).toEqual([403, 'Not you']);
  });
});

describe('subprotocols', () => {
  test('are the first one that the client offers', async () => {
    const { url } = await serve();
    const client = new WebSocket(url, ['a', 'b']);
    await once(client, 'open');
    expect(client.protocol).toBe('a');
  });

  test('are chosen by handleProtocols, even if it is set later', async () => {
    const { server, url } = await serve();
    server.options.handleProtocols = protocols => [...protocols].at(-1)!;
    const client = new WebSocket(url, ['a', 'b']);
    await once(client, 'open');
    expect(client.protocol).toBe('b');
  });
});

describe('handleUpgrade()', () => {
  test('serves the upgrades of another server, with the bytes after the request', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (upgrade, socket, head) => {
      server.handleUpgrade(upgrade, socket, Buffer.concat([head, Buffer.of(0x81, 0x81, 0, 0, 0, 0, 97)]), ws =>
        server.emit('connection', ws, upgrade),
      );
    });
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    const client = new WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`);
    const received = new Promise<[WebSocket, unknown]>(resolve => {
      server.once('connection', ws => ws.once('message', data => resolve([ws, data])));
    });
    const [ws, data] = await received;
    expect(data).toEqual(Buffer.from('a'));
    expect(server.clients.size).toBe(1);
    client.on('error', () => {});
    ws.terminate();
    await next(ws, 'close');
    expect(server.clients.size).toBe(0);
  });

  test('throws if the socket has a WebSocket already', async () => {
    const { server, url } = await serve();
    const upgrades: [IncomingMessage, Duplex, Buffer][] = [];
    (server as unknown as { _server: Server })._server.on('upgrade', (...upgrade) => upgrades.push(upgrade));
    await once(new WebSocket(url), 'open');
    expect(() => server.handleUpgrade(...upgrades[0]!, () => {})).toThrow('more than once with the same socket');
  });

  test('answers version 8, and makes objects of the class in options.WebSocket', async () => {
    class Special extends WebSocket {
      readonly isSpecial = true;
    }
    const { server, url } = await serve({ WebSocket: Special });
    new WebSocket(url, { protocolVersion: 8 });
    const [ws] = await next(server, 'connection');
    expect(ws).toBeInstanceOf(Special);
  });

  test('emits the header lines before they are sent', async () => {
    const { server, url } = await serve();
    const lines: string[] = [];
    server.on('headers', headers => lines.push(...headers));
    const [, { headers }] = (
      await Promise.all([
        once(new WebSocket(url), 'open'),
        next(server, 'connection') as Promise<[unknown, IncomingMessage]>,
      ])
    )[1];
    expect(lines[3]).toBe(`Sec-WebSocket-Accept: ${acceptOf(headers['sec-websocket-key']!)}`);
  });
});

describe('setSocket()', () => {
  test('makes a client from any Duplex', async () => {
    const { server, url } = await serve();
    const ws = new WebSocket(null, undefined, { isServer: false });
    const sent = httpRequest(url.replace('ws:', 'http:'), {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
        'Sec-WebSocket-Version': '13',
      },
    });
    sent.end();
    const connected = next(server, 'connection') as Promise<[WebSocket]>;
    const [, socket, head] = (await once(sent, 'upgrade')) as [unknown, Duplex, Buffer];
    internals(ws).setSocket(socket, head, { maxPayload: 0 });
    const [peer] = await connected;
    ws.send('hi');
    expect(await next(peer, 'message')).toEqual([Buffer.from('hi'), false]);
    ws.close();
    await next(ws, 'close');
  });
});

describe('close()', () => {
  test('leaves connections open, and calls back when they have closed', async () => {
    const { client, server } = await open();
    const closed = new Promise(resolve => server.close(resolve));
    expect(client.readyState).toBe(WebSocket.OPEN);
    client.close();
    expect(await closed).toBeUndefined();
    const again = new Promise(resolve => server.close(resolve));
    expect(await again).toEqual(new Error('The server is not running'));
  });

  test('does not close a server that was passed', async () => {
    const http = createServer();
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    const server = new WebSocketServer({ server: http });
    await new Promise<void>(resolve => server.close(() => resolve()));
    expect([http.listening, http.listenerCount('upgrade')]).toEqual([true, 0]);
  });
});

describe('the end of a server', () => {
  test('waits for its clients if it has no server of its own', async () => {
    const http = createServer();
    http.listen(0);
    onTestFinished(() => void http.close());
    await once(http, 'listening');
    const server = new WebSocketServer({ server: http });
    const client = new WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`);
    const [[peer]] = await Promise.all([next(server, 'connection') as Promise<[WebSocket]>, once(client, 'open')]);
    const closed = next(server, 'close');
    server.close();
    server.close();
    expect(server.address()).toBeNull();
    peer.terminate();
    await closed;
  });

  test('reports an address that is in use', async () => {
    const { url } = await serve();
    const server = new WebSocketServer({ port: Number(new URL(url).port) });
    expect((await next(server, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('an upgrade', () => {
  test('of a socket that has ended is dropped', async () => {
    const { server, url } = await serve({
      verifyClient: (_: unknown, callback: (is: boolean) => void) => {
        answer = callback;
      },
    });
    let answer: (is: boolean) => void = () => {};
    const client = new WebSocket(url);
    client.on('error', () => {});
    server.on('connection', () => expect.unreachable());
    while (answer.length === 0) await new Promise(resolve => setImmediate(resolve));
    client.terminate();
    await next(client, 'close');
    await new Promise(resolve => setTimeout(resolve, 20));
    answer(true);
  });

  test('has no subprotocol if handleProtocols accepts none', async () => {
    const { url } = await serve({ handleProtocols: () => false });
    const client = new WebSocket(url, ['a']);
    expect(await next(client, 'error')).toEqual([new Error('Server sent no subprotocol')]);
  });

  test('with an unknown extension has no extensions', async () => {
    const { url } = await serve({ perMessageDeflate: true });
    const client = new WebSocket(url, { perMessageDeflate: false, headers: { 'Sec-WebSocket-Extensions': 'x-other' } });
    await once(client, 'open');
    expect(client.extensions).toBe('');
  });

  test('is not tracked without clientTracking', async () => {
    const { client, server } = await open({ server: { clientTracking: false } });
    expect(server.clients).toBeUndefined();
    const closed = new Promise(resolve => server.close(resolve));
    client.terminate();
    await closed;
  });

  test('uses perMessageDeflate even if it is set later', async () => {
    const { server, url } = await serve();
    server.options.perMessageDeflate = true;
    const client = new WebSocket(url);
    await once(client, 'open');
    expect(client.extensions).toBe('permessage-deflate');
  });
});
