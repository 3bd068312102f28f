import { once } from 'node:events';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { established } from '../../src/client/established.js';
import { ExactReader } from '../../src/client/proxy/exact-reader.js';

const forever: AbortSignal = new AbortController().signal;

test('a socket is destroyed if the signal is aborted already', async () => {
  const socket = new net.Socket();
  await expect(established(socket, 'connect', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  expect(socket.destroyed).toBe(true);
  expect(socket.listenerCount('connect')).toBe(0);
});

test('a socket that was destroyed before is never established', async () => {
  const socket = new net.Socket();
  await once(socket.destroy(), 'close');
  await expect(established(socket, 'connect', forever)).rejects.toThrow('the connection was closed');
});

test('an ExactReader reads nothing if the signal is aborted already', async () => {
  const reader = new ExactReader(new PassThrough(), AbortSignal.abort(new Error('too late')));
  await expect(reader.read(1)).rejects.toThrow('too late');
});
