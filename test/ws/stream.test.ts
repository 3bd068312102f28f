import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from '../../src/ws/index.js';
import { next, open, serve } from './helpers.js';

describe('createWebSocketStream()', () => {
  test('passes bytes both ways through pipeline()', async () => {
    const { client, peer } = await open();
    const [near, far] = [createWebSocketStream(client), createWebSocketStream(peer)];
    void pipeline(far, far).catch(() => {});
    const data = Buffer.alloc(1_000_000, 'x');
    near.end(data);
    expect(Buffer.concat(await near.toArray()).equals(data)).toBe(true);
  });

  test('delivers text as strings with readableObjectMode', async () => {
    const { client, peer } = await open();
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    peer.send('hi');
    peer.send(Buffer.of(1));
    peer.close();
    expect(await stream.toArray()).toEqual(['hi', Buffer.of(1)]);
  });

  test('ends with the WebSocket', async () => {
    const { client, peer } = await open();
    const stream = createWebSocketStream(client);
    stream.resume();
    peer.close();
    await once(stream, 'end');
    stream.end();
    await once(stream, 'close');
  });

  test('closes the WebSocket when it is ended, and terminates it when it is destroyed', async () => {
    const first = await open();
    createWebSocketStream(first.client).end();
    expect((await next(first.peer, 'close'))[0]).toBe(1005);
    const second = await open();
    createWebSocketStream(second.client).destroy();
    expect((await next(second.peer, 'close'))[0]).toBe(1006);
  });

  test('reports the error of the WebSocket', async () => {
    const { client, peer } = await open();
    const stream = createWebSocketStream(client);
    peer._socket!.write(Buffer.of(0x83, 0));
    const closed = new Promise(resolve => stream.once('close', resolve));
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
    await closed;
  });

  test('reports that the WebSocket could not connect', async () => {
    const stream = createWebSocketStream(new WebSocket('ws://localhost:1'));
    const [error] = await once(stream, 'error');
    expect(error).toBeInstanceOf(Error);
  });
});

describe('a stream that is not open yet', () => {
  test('writes and ends when the WebSocket opens', async () => {
    const { server, url } = await serve();
    const stream = createWebSocketStream(new WebSocket(url));
    stream.end('early');
    const [peer] = (await next(server, 'connection')) as [WebSocket];
    const [message, close] = await Promise.all([next(peer, 'message'), next(peer, 'close')]);
    expect([String(message[0]), close[0]]).toEqual(['early', 1005]);
  });

  test('reports the error of destroy()', async () => {
    const { client } = await open();
    const stream = createWebSocketStream(client);
    const closed = new Promise(resolve => stream.once('close', resolve));
    stream.destroy(new Error('mine'));
    expect(await once(stream, 'error')).toEqual([new Error('mine')]);
    await closed;
  });

  test('closes at once if the WebSocket has closed', async () => {
    const { client } = await open();
    client.close();
    await next(client, 'close');
    const stream = createWebSocketStream(client);
    stream.destroy();
    await once(stream, 'close');
  });

  test('stops reading while the stream is not read', async () => {
    const { client, peer } = await open();
    const stream = createWebSocketStream(client, { readableHighWaterMark: 10 });
    for (let i = 0; i < 100; i++) peer.send(Buffer.alloc(1_000));
    peer.close();
    await once(stream, 'readable');
    expect(client.isPaused).toBe(true);
    expect(Buffer.concat(await stream.toArray()).length).toBe(100_000);
  });
});
