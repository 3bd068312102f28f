/** Peers that disappear, or never finish, over real sockets. The handles of this process are counted. */
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { CONNECTION_DEFAULTS, connect } from '../../src/index.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { FRAMES } from '../helpers/frames.js';
import { openServer } from '../helpers/open-server.js';
import { rawOpen } from '../helpers/raw-peer.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

/** The open file descriptors of this process, or its sockets if there is no /proc. */
function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length;
  }
}

/** Waits until at most `count` descriptors are open. */
async function freed(count: number): Promise<void> {
  while (descriptors() > count) await wait(5);
}

test('a reset in the middle of a frame causes one close event, no message, and leaves no descriptor', async () => {
  const { server, port } = await openServer();
  const events: string[] = [];
  server.on('connection', connection => {
    connection.on('message', () => events.push('message'));
    connection.on('close', ({ code }) => events.push(`close ${code}`));
  });
  const frame = FRAMES.client.text('a whole message');
  const before = descriptors();
  for (let sent = 0; sent < frame.length; sent++) {
    const peer = await rawOpen(port);
    peer.socket.write(frame.subarray(0, sent), () => peer.reset());
    await peer.closed;
  }
  await freed(before);
  expect(events).toEqual(Array.from({ length: frame.length }, () => 'close 1006'));
  expect(server.clients.size).toBe(0);
});

test('FIN without a Close frame reports 1006, and frees the descriptor within a second', async () => {
  const { server, port, connections } = await openServer();
  const before = descriptors();
  const peers = await Promise.all(Array.from({ length: 20 }, () => rawOpen(port)));
  const start = performance.now();
  for (const peer of peers) peer.socket.end();
  const ends = await Promise.all(connections.map(({ closed }) => closed));
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(ends.every(({ code, wasClean, initiator }) => code === 1006 && !wasClean && initiator === 'network')).toBe(
    true,
  );
  await freed(before);
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(server.clients.size).toBe(0);
});

describe('a half-open TCP connection', () => {
  test('is detected within 40 s by default', async () => {
    const { pingInterval, pingTimeout } = CONNECTION_DEFAULTS;
    expect(pingInterval + pingTimeout).toBeLessThanOrEqual(40_000);
    vi.useFakeTimers();
    try {
      const { connection } = connectionAndPeer('server', { pingInterval, pingTimeout });
      const start = performance.now();
      await vi.advanceTimersByTimeAsync(37_000);
      expect(connection.state).toBe('open');
      await vi.advanceTimersByTimeAsync(3_000);
      expect(await connection.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
      expect(performance.now() - start).toBeLessThanOrEqual(40_000);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is detected by a server and by a client', async () => {
    const times = { pingInterval: 50, pingTimeout: 50 };
    const { port, connections } = await openServer(times);
    const peer = await rawOpen(port);
    peer.socket.pause();
    const start = performance.now();
    expect(await connections[0]!.closed).toMatchObject({ code: 1006, initiator: 'network' });
    expect(performance.now() - start).toBeGreaterThan(80);

    const silent = await openServer({ pingInterval: 0 });
    const client = await connect(`ws://127.0.0.1:${silent.port}/`, times);
    silent.connections[0]!.pause();
    expect(await client.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
  });
});

test('a peer that ignores our Close frame is destroyed after closeTimeout, which is 10 s by default', async () => {
  expect(CONNECTION_DEFAULTS.closeTimeout).toBe(10_000);
  const { port, connections } = await openServer({ closeTimeout: 100 });
  const before = descriptors();
  const peer = await rawOpen(port);
  const start = performance.now();
  const { cause } = await connections[0]!.close(1000);
  expect(cause).toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
  expect(performance.now() - start).toBeGreaterThan(95);
  expect(performance.now() - start).toBeLessThan(1_000);
  await peer.gone;
  peer.socket.destroy();
  await freed(before);
});

test('200 connections between a client and a server leave no handle', async () => {
  const { server, port } = await openServer();
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const before = descriptors();
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const connection = await connect(`ws://127.0.0.1:${port}/`);
        connection.send('hello');
        expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
      }),
    );
  }
  await freed(before);
  expect(server.clients.size).toBe(0);
});
