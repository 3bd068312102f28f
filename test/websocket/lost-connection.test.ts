import { expect, test } from 'vitest';
import { WebSocketError } from '../../src/websocket/index.js';
import { openRaw } from '../helpers/w3c-socket.js';

test('bufferedAmount keeps the bytes that have not left when the connection is lost', async () => {
  const { socket, peer, next } = await openRaw();
  peer.socket.pause();
  socket.send('x'.repeat(15_000_000));
  await new Promise(resolve => setImmediate(resolve));
  peer.reset();
  await next('close');
  await new Promise(resolve => setImmediate(resolve));
  await new Promise(resolve => setImmediate(resolve));
  expect(socket.bufferedAmount).toBe(15_000_000);
});

test('a WebSocketError without information has no close code and an empty reason', () => {
  expect(new WebSocketError('lost', null as never)).toMatchObject({ closeCode: null, reason: '' });
});
