import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket as Peer, WebSocketServer as PeerServer } from 'ws';
import { connect } from '../../src/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { startEchoServer } from './helpers/echo-server.js';
import { startPeerServer } from './helpers/ws-server.js';

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Opens a client of the package `ws`. */
async function openPeer(url: string, options: ClientOptions = {}, subprotocols: string[] = []): Promise<Peer> {
  const peer = new Peer(url, subprotocols, options);
  onTestFinished(() => peer.terminate());
  await once(peer, 'open');
  return peer;
}

describe('the client of `ws` with our server', () => {
  const start = async (options: Parameters<typeof startEchoServer>[0] = {}) => {
    const server = await startEchoServer(options);
    return { server, peer: await openPeer(server.url) };
  };

  const echoOf = async (peer: Peer, data: string | Buffer) => {
    peer.send(data);
    return once(peer, 'message');
  };

  test('receives its text and binary back', async () => {
    const { peer } = await start();
    for (const text of ['hello', '', 'κόσμε 🌍', 'x'.repeat(65_536)]) {
      expect(await echoOf(peer, text)).toEqual([Buffer.from(text), false]);
    }
    expect(await echoOf(peer, BYTES)).toEqual([BYTES, true]);
    expect(await echoOf(peer, Buffer.alloc(0))).toEqual([Buffer.alloc(0), true]);
  });

  test('receives 1 MiB back', async () => {
    const { peer } = await start();
    const data = Buffer.alloc(2 ** 20, BYTES);
    const [echo] = await echoOf(peer, data);
    expect(data.equals(echo)).toBe(true);
  });

  test('receives a thousand messages back in order', async () => {
    const { peer } = await start();
    const messages = Array.from({ length: 1000 }, (_, index) => `m${index} ${'x'.repeat((index * 7) % 300)}`);
    const echoes: string[] = [];
    const all = new Promise<void>(resolve => {
      peer.on('message', data => {
        if (echoes.push(String(data)) === messages.length) resolve();
      });
    });
    for (const message of messages) peer.send(message);
    await all;
    expect(echoes).toEqual(messages);
  });

  test('receives its fragments back as one message, with a Ping between them', async () => {
    const { peer, server } = await start();
    const [first, second] = [Buffer.from('κόσμε').subarray(0, 3), Buffer.from('κόσμε').subarray(3)];
    peer.send(first, { fin: false, binary: false });
    peer.ping('between');
    peer.send(second, { fin: false });
    peer.send('', { fin: true });
    expect((await once(peer, 'message'))[0].toString()).toBe('κόσμε');
    expect(server.pings).toEqual(['between']);
  });

  test('reads a message that we send in fragments', async () => {
    const { peer } = await start();
    expect(await echoOf(peer, 'fragments')).toEqual([Buffer.from('one two three'), false]);
  });

  test('receives a Pong, and sends one', async () => {
    const { peer } = await start();
    peer.ping('from ws');
    expect(await once(peer, 'pong')).toEqual([Buffer.from('from ws')]);
    expect(await echoOf(peer, 'ping hello')).toEqual([Buffer.from('pong hello'), false]);
  });

  test('uses the first of its subprotocols that we support', async () => {
    const { url } = await startEchoServer({ subprotocols: ['chat.v1', 'chat.v2'] });
    expect((await openPeer(url, {}, ['chat.v9', 'chat.v2', 'chat.v1'])).protocol).toBe('chat.v2');
  });

  test('offers permessage-deflate, and works without it', async () => {
    const server = await startEchoServer();
    const offered = once(server.server, 'connection').then(([, request]) => request.extensions);
    const peer = await openPeer(server.url, { perMessageDeflate: { threshold: 0 } });
    expect(await offered).toMatchObject([{ name: 'permessage-deflate' }]);
    expect(peer.extensions).toBe('');
    expect(await echoOf(peer, 'x'.repeat(10_000))).toEqual([Buffer.from('x'.repeat(10_000)), false]);
  });

  test('closes with a code and a reason, and receives the code back', async () => {
    const { peer, server } = await start();
    peer.close(4001, 'goodbye');
    expect(await once(peer, 'close')).toEqual([4001, Buffer.alloc(0)]);
    expect(await server.closed).toMatchObject({ code: 4001, reason: 'goodbye', wasClean: true, initiator: 'remote' });
  });

  test('closes without a code', async () => {
    const { peer, server } = await start();
    peer.close();
    expect((await once(peer, 'close'))[0]).toBe(1005);
    expect(await server.closed).toMatchObject({ code: 1005, wasClean: true });
  });

  test('receives our close code and reason', async () => {
    const { peer, server } = await start();
    peer.send('close 4002 the server says goodbye');
    expect(await once(peer, 'close')).toEqual([4002, Buffer.from('the server says goodbye')]);
    expect(await server.closed).toMatchObject({ code: 4002, wasClean: true, initiator: 'local' });
  });

  test('receives 1009 for a message above our limit', async () => {
    const { peer } = await start({ maxMessageSize: 1000 });
    peer.send(Buffer.alloc(1001));
    expect((await once(peer, 'close'))[0]).toBe(1009);
  });

  test('receives the status and the body of a refusal', async () => {
    const { url } = await startEchoServer({ authorize: () => ({ status: 403, body: 'not you' }) });
    const peer = new Peer(url);
    const [, response] = await once(peer, 'unexpected-response');
    expect(response.statusCode).toBe(403);
    expect(Buffer.concat(await response.toArray()).toString()).toBe('not you');
  });

  test('is reported as lost if it vanishes', async () => {
    const { peer, server } = await start();
    peer.terminate();
    expect(await server.closed).toMatchObject({ code: 1006, wasClean: false, initiator: 'network' });
  });

  test('works over TLS', async () => {
    const server = await startEchoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
    const peer = await openPeer(server.url, { ca: TLS_CERTIFICATE });
    expect(await echoOf(peer, 'secret')).toEqual([Buffer.from('secret'), false]);
    peer.close(1000);
    expect((await once(peer, 'close'))[0]).toBe(1000);
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true });
  });
});

describe('our client with a server of `ws`', () => {
  test('receives its text and binary back', async () => {
    const connection = await connect((await startPeerServer()).url);
    const messages = connection[Symbol.asyncIterator]();
    for (const message of ['hello', '', 'κόσμε 🌍', BYTES]) {
      connection.send(message);
      expect((await messages.next()).value).toEqual(message);
    }
    const big = Buffer.alloc(2 ** 20, BYTES);
    connection.send(big);
    // toEqual() takes seconds for a buffer of this size.
    expect((await messages.next()).value).toSatisfy(echo => big.equals(echo));
    await connection.close();
  });

  test('receives a thousand messages back in order', async () => {
    const connection = await connect((await startPeerServer()).url);
    const messages = Array.from({ length: 1000 }, (_, index) => `m${index} ${'x'.repeat((index * 7) % 300)}`);
    for (const message of messages) connection.send(message);
    const echoes: unknown[] = [];
    for await (const echo of connection) if (echoes.push(echo) === messages.length) break;
    expect(echoes).toEqual(messages);
    await connection.close();
  });

  test('sends fragments, and reads them with a Ping between them', async () => {
    const { url } = await startPeerServer({}, peer => {
      peer.on('message', data => {
        peer.send(String(data).slice(0, 3), { fin: false });
        peer.ping('between');
        peer.send(String(data).slice(3), { fin: true });
      });
    });
    const connection = await connect(url);
    const pings: string[] = [];
    connection.on('ping', payload => pings.push(payload.toString()));
    await connection.sendStream(['one ', 'two ', 'three']);
    for await (const message of connection) {
      expect(message).toBe('one two three');
      break;
    }
    expect(pings).toEqual(['between']);
    await connection.close();
  });

  test('pings', async () => {
    const connection = await connect((await startPeerServer()).url);
    expect(await connection.ping('hello')).toBeGreaterThan(0);
    await connection.close();
  });

  test('closes with a code and a reason', async () => {
    const { server, url } = await startPeerServer();
    const closed = once(server, 'connection').then(([peer]) => once(peer, 'close'));
    const connection = await connect(url);
    expect(await connection.close(4001, 'goodbye')).toMatchObject({ code: 4001, wasClean: true, initiator: 'local' });
    expect(await closed).toEqual([4001, Buffer.from('goodbye')]);
  });

  test("receives the server's close code and reason", async () => {
    const { url } = await startPeerServer({}, peer => peer.close(4002, 'the server says goodbye'));
    const connection = await connect(url);
    expect(await connection.closed).toMatchObject({
      code: 4002,
      reason: 'the server says goodbye',
      wasClean: true,
      initiator: 'remote',
    });
  });

  test('keeps the messages that arrive right after the 101', async () => {
    const { url } = await startPeerServer({}, peer => {
      peer.send('first');
      peer.send('second');
      peer.close(1000);
    });
    const connection = await connect(url);
    const { closed } = connection;
    const received: unknown[] = [];
    for await (const message of connection) received.push(message);
    expect(received).toEqual(['first', 'second']);
    expect(await closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('negotiates a subprotocol', async () => {
    const { url } = await startPeerServer({ handleProtocols: offered => (offered.has('chat.v2') ? 'chat.v2' : false) });
    const connection = await connect(url, { subprotocols: ['chat.v9', 'chat.v2'] });
    expect(connection.subprotocol).toBe('chat.v2');
    await connection.close();
  });

  test('receives no compressed messages if it did not offer compression', async () => {
    const { url } = await startPeerServer({ perMessageDeflate: { threshold: 0 } });
    const connection = await connect(url);
    expect(connection.extensions).toBe('');
    connection.send('x'.repeat(10_000));
    for await (const message of connection) {
      expect(message).toBe('x'.repeat(10_000));
      break;
    }
    await connection.close();
  });

  test('rejects with the status of a refusal', async () => {
    const { url } = await startPeerServer({ verifyClient: (_info, decide) => decide(false, 401, 'Unauthorized') });
    await expect(connect(url)).rejects.toMatchObject({ name: 'HandshakeError', phase: 'response', status: 401 });
  });

  test('works over TLS', async () => {
    const https = createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY });
    const server = new PeerServer({ server: https });
    server.on('connection', peer => peer.on('message', data => peer.send(data, { binary: false })));
    onTestFinished(() => {
      server.close();
      https.close();
      https.closeAllConnections();
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const url = `wss://127.0.0.1:${(https.address() as AddressInfo).port}/`;
    const connection = await connect(url, { tls: { ca: TLS_CERTIFICATE } });
    connection.send('secret');
    for await (const message of connection) {
      expect(message).toBe('secret');
      break;
    }
    expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
  });
});
