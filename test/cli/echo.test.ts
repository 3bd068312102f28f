import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEcho, urlOf } from '../../src/cli/echo.js';
import {
  type ConnectOptions,
  connect,
  type ServerOptions,
  type WebSocketConnection,
  type WebSocketServer,
} from '../../src/index.js';

const KIBIBYTE = 1_024;

async function serve(isBroadcast: boolean, options: ServerOptions = {}): Promise<WebSocketServer> {
  const server = await startEcho({ host: '127.0.0.1', port: 0, ...options }, isBroadcast);
  onTestFinished(() => server.close({ timeout: 0 }));
  return server;
}

async function join(server: WebSocketServer, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const connection = await connect(urlOf(server, false), { unreadTimeout: 0, ...options });
  onTestFinished(() => connection.terminate());
  return connection;
}

/** Resolves when the condition holds. It polls, since there is no event. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5));
}

describe('the echo server', () => {
  test('sends every message back: text as text, binary as binary', async () => {
    const connection = await join(await serve(false));
    connection.send('text');
    connection.send(Buffer.of(0, 255));
    expect(await once(connection, 'message')).toEqual(['text', false]);
    expect(await once(connection, 'message')).toEqual([Buffer.of(0, 255), true]);
  });

  test('pauses a client that does not read, buffers little for it, and loses nothing', async () => {
    const server = await serve(false);
    const connection = await join(server);
    const message = Buffer.alloc(16 * KIBIBYTE);
    const total = 4_096;
    connection.pause();
    const sending = (async () => {
      for (let i = 0; i < total; i++) {
        message.writeUInt32BE(i);
        if (!connection.send(message)) await connection.drained();
      }
    })();
    const [served] = server.clients as Set<WebSocketConnection>;
    await until(() => served!.isPaused && connection.bufferedAmount > 64 * KIBIBYTE);
    expect(served!.bufferedAmount).toBeLessThan(128 * KIBIBYTE);
    const numbers: number[] = [];
    connection.on('message', data => numbers.push((data as Buffer).readUInt32BE()));
    connection.resume();
    await sending;
    await until(() => numbers.length === total);
    expect(numbers).toEqual(Array.from({ length: total }, (_, i) => i));
  });

  test('accepts its subprotocols, and any Origin and Host', async () => {
    const server = await serve(false, { subprotocols: ['chat'] });
    const connection = await join(server, {
      subprotocols: ['best', 'chat'],
      origin: 'https://evil.example',
      headers: { Host: 'rebound.example' },
    });
    expect(connection.subprotocol).toBe('chat');
  });

  test('prints IPv6 addresses in brackets', async ({ skip }) => {
    const server = await serve(false, { host: '::1' }).catch(() => skip('no IPv6 here'));
    expect(urlOf(server, true)).toMatch(/^wss:\/\/\[::1\]:\d+$/);
  });

  test('rejects if it cannot listen', async () => {
    const server = await serve(false);
    const { port } = new URL(urlOf(server, false));
    await expect(serve(false, { port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the echo server with --broadcast', () => {
  test('sends every message to all other clients', async () => {
    const server = await serve(true);
    const [sender, ...others] = await Promise.all([join(server), join(server), join(server)]);
    sender!.on('message', data => expect.fail(`its own message came back: ${data}`));
    const received = others.map(other => once(other, 'message'));
    sender!.send('news');
    expect(await Promise.all(received)).toEqual([
      ['news', false],
      ['news', false],
    ]);
  });

  test('makes a sender wait for slow receivers', async () => {
    const server = await serve(true);
    const sender = await join(server);
    const receiver = await join(server);
    const [, served] = server.clients as Set<WebSocketConnection>;
    let most = 0;
    let count = 0;
    receiver.on('message', () => {
      count++;
      most = Math.max(most, served!.bufferedAmount);
    });
    for (let i = 0; i < 1_000; i++) if (!sender.send(Buffer.alloc(16 * KIBIBYTE))) await sender.drained();
    await until(() => count === 1_000);
    expect(most).toBeLessThan(128 * KIBIBYTE);
  });

  test('disconnects a client that never reads, without stopping the others', async () => {
    const server = await serve(true, { maxBufferedAmount: 1024 * KIBIBYTE });
    const sender = await join(server);
    const receiver = await join(server);
    const stuck = await join(server);
    stuck.pause();
    let count = 0;
    receiver.on('message', () => count++);
    const start = performance.now();
    for (let i = 0; i < 1_000; i++) if (!sender.send(Buffer.alloc(16 * KIBIBYTE))) await sender.drained();
    await until(() => count === 1_000);
    // The sender has waited for it once.
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(server.clients.size).toBe(2);
    stuck.on('message', () => {});
    stuck.resume();
    expect((await stuck.closed).wasClean).toBe(false);
  });
});
