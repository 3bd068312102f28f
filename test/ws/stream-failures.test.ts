import { describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from '../../src/ws/index.js';
import { next, open, serve } from './helpers.js';

describe('a stream', () => {
  test('that is destroyed while the WebSocket connects fails with the error of the WebSocket', async () => {
    const { url } = await serve();
    const stream = createWebSocketStream(new WebSocket(url));
    const closed = next(stream, 'close');
    stream.destroy();
    expect(await next(stream, 'error')).toEqual([
      new Error('WebSocket was closed before the connection was established'),
    ]);
    await closed;
  });

  test('that is ended when the WebSocket has failed to connect fails, and never finishes', async () => {
    const client = new WebSocket('ws://localhost:1');
    client.once('error', () => void stream.end());
    const stream = createWebSocketStream(client);
    stream.on('finish', () => expect.unreachable());
    const [[error]] = await Promise.all([next(stream, 'error'), next(stream, 'close')]);
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(stream.writableFinished).toBe(false);
  });

  test('without a listener for errors throws them', async () => {
    const { client, peer } = await open();
    const stream = createWebSocketStream(client);
    expect(() => stream.emit('error', new Error('unheard'))).toThrow('unheard');
    expect(stream.destroyed).toBe(true);
    expect((await next(peer, 'close'))[0]).toBe(1006);
  });
});
