import type { IncomingMessage } from 'node:http';
import { expect, test, vi } from 'vitest';
import { connect, type TransportInfo, WebSocketServer, type WireTap } from '../../src/index.js';
import { httpServer } from '../helpers/http-server.js';
import { openServer, watch } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';
import { request } from '../helpers/sample-heads.js';
import { TapLog } from '../helpers/tap-log.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

const WHOLE = ['connected', 'received', 'sent', 'received', 'sent', 'local ended', 'remote ended', 'closed'];

/** Exchanges messages, and returns what the taps of both ends saw. */
async function converse(port: number, server: TapLog, options: { secure?: boolean } = {}): Promise<TapLog> {
  const client = new TapLog();
  const url = options.secure === true ? `wss://localhost:${port}/` : `ws://127.0.0.1:${port}/`;
  const connection = await connect(url, { tap: client, tls: { ca: TLS_CERTIFICATE } });
  connection.send('x'.repeat(100_000));
  await connection[Symbol.asyncIterator]().next();
  await connection.close(1000);
  await vi.waitFor(() => expect(server.events.at(-1)).toBe('closed'), { timeout: 10_000 });
  return client;
}

test.each([false, true])('server tap sees the bytes that the client tap sees, with TLS: %s', async secure => {
  const log = new TapLog();
  const seen: unknown[] = [];
  const tls = secure ? { tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } } : {};
  const { server, port } = await openServer({
    ...tls,
    tap: (transport: TransportInfo, incoming?: IncomingMessage): WireTap => {
      seen.push(transport.remotePort, transport.tls !== undefined, incoming);
      return log;
    },
  });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const client = await converse(port, log, { secure });
  expect(seen).toEqual([expect.any(Number), secure, undefined]);
  expect(log.receivedBytes.equals(client.sentBytes)).toBe(true);
  expect(log.sentBytes.equals(client.receivedBytes)).toBe(true);
  expect(log.sentBytes.length).toBeGreaterThan(100_000);
  expect(log.events.slice(0, 3)).toEqual(WHOLE.slice(0, 3));
  expect(log.events.slice(-3)).toEqual(WHOLE.slice(-3));
});

test('server tap sees the request that a server of node:http has read', async () => {
  const log = new TapLog();
  const { server: node, port } = await httpServer();
  const paths: unknown[] = [];
  const { server } = watch(
    new WebSocketServer({
      server: node,
      tap: (_, incoming) => {
        paths.push(incoming?.url);
        return log;
      },
    }),
  );
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const client = await converse(port, log);
  expect(paths).toEqual(['/']);
  expect(log.receivedBytes.equals(client.sentBytes)).toBe(true);
  expect(log.sentBytes.equals(client.receivedBytes)).toBe(true);
});

test('server tap sees refused requests, from their first byte to the end', async () => {
  const log = new TapLog();
  const { port, refusals } = await openServer({ tap: () => log });
  const peer = await rawConnect(port);
  peer.write('GET / HT');
  await vi.waitFor(() => expect(log.receivedBytes.toString()).toBe('GET / HT'), { timeout: 10_000 });
  peer.write('TP/1.1\r\nHost: a\r\n\r\nmore');
  await peer.ended;
  peer.write('late');
  peer.socket.end();
  await vi.waitFor(() => expect(log.events.at(-1)).toBe('closed'), { timeout: 10_000 });
  expect(refusals[0]?.[0]).toBe(426);
  expect(log.receivedBytes.toString()).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\nmorelate');
  expect(log.sentBytes.toString('latin1')).toBe(peer.text);
  expect(log.events).toEqual(['connected', 'received', 'sent', 'local ended', 'received', 'remote ended', 'closed']);
});

test('server tap sees early frames once, while authorize() decides', async () => {
  const log = new TapLog();
  let decide = (_: boolean): void => {};
  const decided = new Promise<boolean>(resolve => {
    decide = resolve;
  });
  const { port, server } = await openServer({ tap: () => log, authorize: () => decided });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const peer = await rawConnect(port);
  const head = request();
  const frame = Buffer.from('81810000000061', 'hex');
  peer.write(Buffer.concat([Buffer.from(head, 'latin1'), frame]));
  await vi.waitFor(() => expect(log.receivedBytes.length).toBe(head.length + frame.length), { timeout: 10_000 });
  decide(true);
  await peer.head();
  await peer.frames('server', 1);
  expect(log.receivedBytes.toString('latin1')).toBe(head + frame.toString('latin1'));
});

test('server leaves a socket alone if the option returns undefined', async () => {
  const { server: node, port } = await httpServer();
  const { requests } = watch(new WebSocketServer({ server: node, tap: () => undefined }));
  const connection = await connect(`ws://127.0.0.1:${port}`);
  expect(Object.hasOwn(requests[0]!.incoming!.socket, 'write')).toBe(false);
  await connection.close();
});

test.each([
  [
    'throws',
    () => {
      throw new Error('oops');
    },
    'oops',
  ],
  ['returns something else', () => ({ sent() {} }), 'tap must be a WireTap with connected'],
  ['returns a promise', async () => undefined, 'tap() must return a WireTap or undefined synchronously'],
])('server accepts without a tap if the option %s, and emits handlerError', async (_, tap, message) => {
  const { port, failures } = await openServer({ tap: tap as unknown as () => WireTap });
  const connection = await connect(`ws://127.0.0.1:${port}`);
  await connection.close();
  expect(failures).toHaveLength(1);
  expect(String(failures[0]![0].cause)).toContain(message);
});
