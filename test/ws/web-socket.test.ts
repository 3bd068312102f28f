import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acceptOf } from '../../src/handshake/index.js';
import { type ClientOptions, WebSocket } from '../../src/ws/index.js';
import { internals, next, open, serve } from './helpers.js';

/** Starts a server that answers each upgrade with these lines and ends. Returns its URL. */
async function answering(answer: (key: string) => string[], body = ''): Promise<string> {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.end(`${answer(request.headers['sec-websocket-key'] ?? '').join('\r\n')}\r\n\r\n${body}`);
  });
  server.listen(0);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `ws://localhost:${(server.address() as AddressInfo).port}`;
}

async function errorOf(url: string, options?: ClientOptions, protocols: string[] = []): Promise<Error> {
  const client = new WebSocket(url, protocols, options);
  const closed = next(client, 'close');
  const [error] = (await next(client, 'error')) as [Error];
  expect((await closed)[0]).toBe(1006);
  return error;
}

describe('the constructor', () => {
  test.each([
    ['nowhere', 'Invalid URL: nowhere'],
    ['ftp://localhost', `The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`],
    ['ws://localhost#top', 'The URL contains a fragment identifier'],
    ['ws+unix:', "The URL's pathname is empty"],
  ])('refuses the URL %s', (url, message) => {
    expect(() => new WebSocket(url)).toThrow(new SyntaxError(message));
  });

  test.each([[['a', 'a']], ['a b'], [''], [['']]])('refuses the subprotocols %j', protocols => {
    const message = 'An invalid or duplicated subprotocol was specified';
    expect(() => new WebSocket('ws://localhost', protocols)).toThrow(new SyntaxError(message));
  });

  test('refuses a version of the protocol other than 8 and 13', () => {
    const message = 'Unsupported protocol version: 14 (supported versions: 8, 13)';
    expect(() => new WebSocket('ws://localhost', { protocolVersion: 14 })).toThrow(message);
  });

  test('accepts http URLs, and subprotocols as an option', async () => {
    const { server, url } = await serve();
    const client = new WebSocket(url.replace('ws:', 'http:'), { protocols: ['chat'] });
    await Promise.all([once(server, 'connection'), once(client, 'open')]);
    expect([client.url, client.protocol]).toEqual([`${url}/`, 'chat']);
  });

  test('has the states as constants of the class and of its objects', () => {
    expect([WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED]).toEqual([0, 1, 2, 3]);
    const { prototype } = WebSocket;
    expect([prototype.CONNECTING, prototype.OPEN, prototype.CLOSING, prototype.CLOSED]).toEqual([0, 1, 2, 3]);
  });
});

describe('messages', () => {
  test('arrive as Buffers, with a flag for binary', async () => {
    const { client, peer } = await open();
    client.send('text');
    expect(await next(peer, 'message')).toEqual([Buffer.from('text'), false]);
    client.send(Uint8Array.of(1));
    expect(await next(peer, 'message')).toEqual([Buffer.of(1), true]);
    client.send('text', { binary: true });
    expect(await next(peer, 'message')).toEqual([Buffer.from('text'), true]);
  });

  test('are compressed if both sides want it', async () => {
    const { client, peer } = await open({ server: { perMessageDeflate: { threshold: 0 } } });
    expect([client.extensions, peer.extensions]).toEqual(['permessage-deflate', 'permessage-deflate']);
    const text = 'hello '.repeat(10_000);
    for (let i = 0; i < 3; i++) {
      client.send(`${i}`);
      client.send(text);
      expect(String((await next(peer, 'message'))[0])).toBe(`${i}`);
      expect(String((await next(peer, 'message'))[0])).toBe(text);
    }
  });

  test('keep their order, whatever their type', async () => {
    const { client, peer } = await open({ server: { perMessageDeflate: { threshold: 0 } } });
    const received: string[] = [];
    peer.on('message', data => received.push(String(data)));
    client.send('1');
    client.send(new Blob(['2']));
    client.send('3', { compress: false });
    client.send('4', { fin: false });
    client.send('5');
    client.send(6);
    client.close();
    await next(peer, 'close');
    expect(received).toEqual(['1', '2', '3', '45', '6']);
  });

  test('in one tick leave in one write, and before anything that is written to _socket', async () => {
    const { client, peer } = await open();
    const chunks: Buffer[] = [];
    client._socket!.on('data', chunk => chunks.push(chunk));
    const received: string[] = [];
    client.on('message', data => received.push(String(data)));
    peer.send('a');
    peer.send('b');
    peer._socket!.write(Buffer.of(0x81, 1, 99));
    peer.close();
    await next(client, 'close');
    expect(received).toEqual(['a', 'b', 'c']);
    expect(Buffer.concat(chunks).subarray(0, 9)).toEqual(Buffer.of(0x81, 1, 97, 0x81, 1, 98, 0x81, 1, 99));
  });

  test('call back when they have left', async () => {
    const { client } = await open();
    await new Promise<void>((resolve, reject) => client.send('x', error => (error ? reject(error) : resolve())));
    await new Promise<void>(resolve => client.ping('x', true, () => resolve()));
    await new Promise<void>(resolve => client.pong(() => resolve()));
  });

  test('can be sent as an encoded frame', async () => {
    const { client, peer } = await open();
    const list = (WebSocket as unknown as { Sender: typeof import('../../src/ws/index.js').Sender }).Sender.frame(
      'hi',
      {
        opcode: 1,
        fin: true,
        mask: false,
        readOnly: false,
        rsv1: false,
      },
    );
    peer._sender!.sendFrame(list);
    expect(await next(client, 'message')).toEqual([Buffer.from('hi'), false]);
  });

  test('throw before the connection is open, and call back with an error after it', async () => {
    const { url } = await serve();
    const client = new WebSocket(url);
    for (const send of [() => client.send('x'), () => client.ping(), () => client.pong()]) {
      expect(send).toThrow('WebSocket is not open: readyState 0 (CONNECTING)');
    }
    await next(client, 'open');
    client.close();
    const error = await new Promise(resolve => client.send('four', resolve));
    expect(error).toEqual(new Error('WebSocket is not open: readyState 2 (CLOSING)'));
    expect(client.bufferedAmount).toBeGreaterThanOrEqual(4);
  });

  test('are not read while paused', async () => {
    const { client, peer } = await open();
    peer.pause();
    client.send('x');
    await new Promise<void>(resolve => client.send('y', () => resolve()));
    let count = 0;
    peer.on('message', () => count++);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect([count, peer.isPaused]).toEqual([0, true]);
    peer.resume();
    await next(peer, 'message');
  });
});

describe('Pings', () => {
  test('are answered, unless autoPong is false', async () => {
    const { client, peer } = await open({ server: { autoPong: false } });
    peer.ping('a');
    expect(await next(peer, 'pong')).toEqual([Buffer.from('a')]);
    client.on('pong', () => expect.unreachable());
    client.ping('b');
    expect(await next(peer, 'ping')).toEqual([Buffer.from('b')]);
  });

  test('end the connection if more than maxPendingAutoPongs answers wait', async () => {
    const { client, peer } = await open({ server: { maxPendingAutoPongs: 2 } });
    const closed = next(peer, 'close');
    const pings = Buffer.concat(Array.from({ length: 3 }, () => Buffer.of(0x89, 0x80, 0, 0, 0, 0)));
    client._socket!.write(pings);
    expect((await closed)[0]).toBe(1006);
  });
});

describe('the end', () => {
  test('passes the code and the reason to both sides', async () => {
    const { client, peer } = await open();
    client.close(4000, 'done');
    expect(client.readyState).toBe(WebSocket.CLOSING);
    expect(await next(peer, 'close')).toEqual([4000, Buffer.from('done')]);
    expect(await next(client, 'close')).toEqual([4000, Buffer.from('done')]);
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  test('without a code is 1005, and without a Close frame 1006', async () => {
    const first = await open();
    first.client.close();
    expect(await next(first.peer, 'close')).toEqual([1005, Buffer.alloc(0)]);
    const second = await open();
    second.client.terminate();
    expect(await next(second.peer, 'close')).toEqual([1006, Buffer.alloc(0)]);
  });

  test('after an invalid frame has an error first, and the close code for it', async () => {
    const { client, peer } = await open();
    const events: unknown[] = [];
    peer.on('error', (error: Error & { code?: string }) => events.push(error.code));
    peer.on('close', code => events.push(code));
    const peerClosed = next(peer, 'close');
    client._socket!.write(Buffer.of(0x83, 0x80, 0, 0, 0, 0));
    expect((await next(client, 'close'))[0]).toBe(1002);
    await peerClosed;
    expect(events).toEqual(['WS_ERR_INVALID_OPCODE', 1006]);
  });

  test('is forced after closeTimeout', async () => {
    const { client, peer } = await open({ client: { closeTimeout: 20 } });
    peer.pause();
    client.close(1000);
    expect((await next(client, 'close'))[0]).toBe(1006);
  });

  test('before the connection is open is an error', async () => {
    const { url } = await serve();
    const client = new WebSocket(url);
    client.close();
    const [error] = await next(client, 'error');
    expect(error).toEqual(new Error('WebSocket was closed before the connection was established'));
  });
});

describe('the opening handshake', () => {
  const accepted = (key: string) => [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
  ];

  test.each<[(key: string) => string[], string, string[]]>([
    [() => ['HTTP/1.1 401 Unauthorized'], 'Unexpected server response: 401', []],
    [key => accepted(key).map(line => line.replace('websocket', 'other')), 'Invalid Upgrade header', []],
    [() => accepted('other'), 'Invalid Sec-WebSocket-Accept header', []],
    [key => [...accepted(key), 'Sec-WebSocket-Protocol: a'], 'Server sent a subprotocol but none was requested', []],
    [key => [...accepted(key), 'Sec-WebSocket-Protocol: a'], 'Server sent an invalid subprotocol', ['b']],
    [key => accepted(key), 'Server sent no subprotocol', ['b']],
    [
      key => [...accepted(key), 'Sec-WebSocket-Extensions: x'],
      'Server indicated an extension that was not requested',
      [],
    ],
    [key => [...accepted(key), 'Sec-WebSocket-Extensions: ;'], 'Invalid Sec-WebSocket-Extensions header', []],
  ])('fails because of the response: %#', async (answer, message, protocols) => {
    expect((await errorOf(await answering(answer), {}, protocols)).message).toBe(message);
  });

  test('fails if an extension is negotiated that was not offered', async () => {
    const url = await answering(key => [...accepted(key), 'Sec-WebSocket-Extensions: permessage-deflate']);
    const { message } = await errorOf(url, { perMessageDeflate: false });
    expect(message).toBe('Server sent a Sec-WebSocket-Extensions header but no extension was requested');
  });

  test('fails after handshakeTimeout', async () => {
    const server = net.createServer(socket => socket.resume());
    server.listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { message } = await errorOf(`ws://localhost:${(server.address() as AddressInfo).port}`, {
      handshakeTimeout: 20,
    });
    expect(message).toBe('Opening handshake has timed out');
  });

  test('leaves another response to the listener of unexpected-response', async () => {
    const client = new WebSocket(await answering(() => ['HTTP/1.1 403 Forbidden', 'Content-Length: 2'], 'no'));
    const [, response] = (await next(client, 'unexpected-response')) as [unknown, import('node:http').IncomingMessage];
    expect([response.statusCode, String(await once(response, 'data'))]).toEqual([403, 'no']);
  });

  test('shows the response to the listener of upgrade, and sends headers, origin and credentials', async () => {
    const { server, url } = await serve();
    server.on('headers', headers => headers.push('Set-Cookie: a=1'));
    const client = new WebSocket(url.replace('//', '//user:p%40ss@'), {
      headers: { 'X-Token': 'secret' },
      origin: 'https://example.com',
      finishRequest: request => {
        request.setHeader('X-Late', 'yes');
        request.end();
      },
    });
    const [[response], [, request]] = (await Promise.all([next(client, 'upgrade'), next(server, 'connection')])) as [
      [import('node:http').IncomingMessage],
      [unknown, import('node:http').IncomingMessage],
    ];
    expect(response.headers['set-cookie']).toEqual(['a=1']);
    expect(request.headers).toMatchObject({
      'x-token': 'secret',
      'x-late': 'yes',
      origin: 'https://example.com',
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    });
  });

  test('masks with the bytes that generateMask writes', async () => {
    const { client, peer } = await open({
      client: { generateMask: mask => void mask.fill(7), perMessageDeflate: false },
    });
    // Before the connection unmasks it in place.
    const chunk = new Promise(resolve => peer._socket!.prependOnceListener('data', data => resolve(Buffer.from(data))));
    client.send('a');
    expect(await chunk).toEqual(Buffer.of(0x81, 0x81, 7, 7, 7, 7, 97 ^ 7));
  });
});

describe('redirects', () => {
  test('are followed if followRedirects is set, and change the URL', async () => {
    const { server, url } = await serve();
    const client = new WebSocket(await answering(() => ['HTTP/1.1 302 Found', `Location: ${url}/chat`]), {
      followRedirects: true,
    });
    const [[target]] = await Promise.all([next(client, 'redirect'), next(server, 'connection'), next(client, 'open')]);
    expect([target, client.url]).toEqual([`${url}/chat`, `${url}/chat`]);
  });

  test('to another host lose the credentials', async () => {
    const { server, url } = await serve();
    new WebSocket(await answering(() => ['HTTP/1.1 302 Found', `Location: ${url}`]), {
      followRedirects: true,
      headers: { Authorization: 'Bearer secret', Cookie: 'a=1', 'X-Kept': 'yes' },
    });
    const [, request] = (await next(server, 'connection')) as [unknown, import('node:http').IncomingMessage];
    expect(request.headers).not.toHaveProperty('authorization');
    expect(request.headers).not.toHaveProperty('cookie');
    expect(request.headers['x-kept']).toBe('yes');
  });

  test('end after maxRedirects', async () => {
    const url = await answering(() => ['HTTP/1.1 302 Found', 'Location: /again']);
    const { message } = await errorOf(url, { followRedirects: true, maxRedirects: 2 });
    expect(message).toBe('Maximum redirects exceeded');
  });

  test('to an invalid URL fail', async () => {
    const url = await answering(() => ['HTTP/1.1 302 Found', 'Location: ws://']);
    expect(await errorOf(url, { followRedirects: true })).toEqual(new SyntaxError('Invalid URL: ws://'));
  });
});

describe('a WebSocket without a socket', () => {
  test('counts the bytes that it cannot send, after the connection has failed', async () => {
    const client = internals(new WebSocket('ws://localhost:1'));
    client.on('error', () => {});
    await next(client, 'close');
    client.send('four');
    client.send(new Blob(['two']));
    client.send(undefined);
    client.ping(5);
    client.pong();
    expect(client.bufferedAmount).toBe(8);
    expect([client._socket, client._receiver, client._sender]).toEqual([null, null, null]);
  });

  test('does nothing when it is closed, paused or resumed in the wrong state', async () => {
    const { url } = await serve();
    const client = new WebSocket(url);
    client.pause();
    client.resume();
    expect(client.isPaused).toBe(false);
    await next(client, 'open');
    client.close();
    client.close();
    await next(client, 'close');
    client.close();
    client.terminate();
    client.pause();
    client.resume();
    expect([client.isPaused, client.readyState]).toEqual([false, WebSocket.CLOSED]);
  });

  test('fails if it is terminated before it is open', async () => {
    const { url } = await serve();
    const client = new WebSocket(url);
    client.terminate();
    const [error] = await next(client, 'error');
    expect(error).toEqual(new Error('WebSocket was closed before the connection was established'));
  });

  test('fails if it is closed by a listener of upgrade', async () => {
    const { url } = await serve();
    const client = new WebSocket(url);
    client.on('upgrade', () => client.close());
    client.on('open', () => expect.unreachable());
    const [, [code]] = await Promise.all([next(client, 'error'), next(client, 'close')]);
    expect(code).toBe(1006);
  });
});

describe('binaryType', () => {
  test('can be changed at any time, to one of four values', async () => {
    const { client, peer } = await open();
    client.binaryType = 'arraybuffer';
    client.binaryType = 'wrong' as never;
    expect(client.binaryType).toBe('arraybuffer');
    peer.send(Buffer.of(1, 2));
    const [data] = (await next(client, 'message')) as [ArrayBuffer];
    expect(new Uint8Array(data)).toEqual(Uint8Array.of(1, 2));
    peer.send(Buffer.alloc(100_000, 1));
    const [large] = (await next(client, 'message')) as [ArrayBuffer];
    expect(large.byteLength).toBe(100_000);
  });
});

describe('control frames', () => {
  test('can be sent with a mask of the caller and a callback', async () => {
    const { client, peer } = await open();
    peer.ping('a', () => {});
    expect(await next(client, 'ping')).toEqual([Buffer.from('a')]);
    client.ping(1, true);
    expect(await next(peer, 'ping')).toEqual([Buffer.from('1')]);
  });

  test('with a Blob keep their place', async () => {
    const { client, peer } = await open();
    const received: string[] = [];
    peer.on('ping', data => received.push(String(data)));
    peer.on('message', data => received.push(String(data)));
    client.ping(new Blob(['1']));
    client.send('2');
    client.close();
    await next(peer, 'close');
    expect(received).toEqual(['1', '2']);
  });
});

describe('a Blob that can no longer be sent', () => {
  test('and the messages after it call back with an error', async () => {
    const { client } = await open();
    const failed = (name: string) =>
      new Promise<[string, string | undefined]>(resolve => {
        client.send(name === 'blob' ? new Blob(['x']) : name, error => resolve([name, error?.message]));
      });
    const all = Promise.all([failed('blob'), failed('text')]);
    client.send('without a callback');
    client.terminate();
    const message = 'The socket was closed while the blob was being read';
    expect(await all).toEqual([
      ['blob', message],
      ['text', message],
    ]);
  });

  test('is an error if it cannot be read', async () => {
    const { client, peer } = await open();
    const blob = Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new Error('unreadable')) });
    const closed = next(peer, 'close');
    client.send(blob);
    expect(await next(client, 'error')).toEqual([new Error('unreadable')]);
    expect((await closed)[0]).toBe(1006);
  });
});

describe('messages that are compressed on the thread pool', () => {
  const options = { server: { perMessageDeflate: { threshold: 0 } } };

  test('call back with an error if the socket closes meanwhile', async () => {
    const { client } = await open(options);
    const large = randomBytes(200_000);
    const error = await new Promise(resolve => {
      client.send(large, resolve);
      client.terminate();
    });
    expect(error).toEqual(new Error('The socket was closed while data was being compressed'));
  });

  test('are delivered although the socket has closed', async () => {
    const { client, peer } = await open(options);
    const large = randomBytes(200_000);
    client.send(large, () => client._socket!.end());
    const [data] = (await next(peer, 'message')) as [Buffer];
    expect(data.equals(large)).toBe(true);
  });
});

describe('bytes that a paused socket holds', () => {
  test('are delivered when it closes', async () => {
    const { client, peer } = await open();
    peer.pause();
    await new Promise<void>(resolve => client.send('kept', () => resolve()));
    const received = next(peer, 'message');
    await once(peer._socket!, 'readable');
    peer.terminate();
    expect(await received).toEqual([Buffer.from('kept'), false]);
  });
});

describe('a frame with the wrong mask', () => {
  test('is sent if the caller asks for it, and fails the connection', async () => {
    const { client, peer } = await open({ client: { perMessageDeflate: {} } });
    const failed = next(peer, 'error');
    client.send('x', { mask: false });
    expect((await failed)[0]).toMatchObject({ code: 'WS_ERR_EXPECTED_MASK' });
  });
});

describe('compressed messages', () => {
  const options = { server: { perMessageDeflate: { threshold: 0 } } };

  test('are delivered before the close of a socket that ended, and no error follows', async () => {
    const { client, peer } = await open(options);
    const log: unknown[] = [];
    peer.on('message', data => log.push(String(data)));
    for (let i = 0; i < 5; i++) client.send(`${i}`);
    client.send('last', () => client.terminate());
    await next(peer, 'close');
    expect(log).toEqual(['0', '1', '2', '3', '4', 'last']);
  });

  test('before a Close frame are delivered although the socket has closed', async () => {
    const { client, peer } = await open(options);
    const log: unknown[] = [];
    peer.on('message', data => log.push(String(data)));
    for (let i = 0; i < 50; i++) client.send(`${i}`);
    client.close(1000);
    client._sender!.ping('', true, () => client._socket?.destroy());
    await next(peer, 'close');
    expect(log).toHaveLength(50);
  });

  test('stay unread while paused', async () => {
    const { client, peer } = await open(options);
    peer.on('message', () => peer.pause());
    client.send(randomBytes(300_000));
    client.send(randomBytes(300_000));
    await next(peer, 'message');
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(peer._socket!.isPaused()).toBe(true);
    peer.resume();
    await next(peer, 'message');
  });
});

describe('two errors', () => {
  test('are reported once', async () => {
    const { client, peer } = await open();
    const blob = Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.reject(new Error('unreadable')) });
    let count = 0;
    peer.on('error', () => count++);
    const closed = next(peer, 'close');
    peer.send(blob);
    client._socket!.write(Buffer.of(0x83, 0x80, 0, 0, 0, 0));
    await closed;
    expect(count).toBe(1);
  });

  test('are not reported after the close', async () => {
    const { client } = await open();
    let fail = () => {};
    const blob = Object.assign(new Blob(['x']), {
      arrayBuffer: () =>
        new Promise((_, reject) => {
          fail = () => reject(new Error('unreadable'));
        }),
    });
    client.on('error', () => expect.unreachable());
    const called = new Promise(resolve => client.send(blob, resolve));
    client.terminate();
    await next(client, 'close');
    fail();
    expect(await called).toEqual(new Error('unreadable'));
  });
});

test('an object of options may be null, and the data empty', async () => {
  const { client, peer } = await open();
  client.send('', null);
  expect(await next(peer, 'message')).toEqual([Buffer.alloc(0), false]);
});
