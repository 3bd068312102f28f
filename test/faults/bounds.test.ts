/** How much memory and time one peer can use. `npm run soak` measures the same for longer. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect, type WebSocketConnection } from '../../src/index.js';
import { connectionOver } from '../helpers/connections.js';
import { FRAMES, FrameCollector } from '../helpers/frames.js';
import { openServer } from '../helpers/open-server.js';
import { rawOpen } from '../helpers/raw-peer.js';
import { tcpPair } from '../helpers/sockets.js';
import { turns } from '../helpers/turns.js';

const CHUNK = 65_536;

async function connectionAndPeer(options = {}) {
  const { port, connections, server } = await openServer(options);
  const peer = await rawOpen(port);
  (peer.socket as Socket).setNoDelay(true);
  return { connection: connections[0]!, peer, port, server };
}

describe('without an application that takes messages, reading stops and no message is lost', () => {
  const size = 100_000;

  test.each<[what: string, setUp: (connection: WebSocketConnection) => void, most: number]>([
    ['a paused connection reads at most 2 chunks', connection => connection.pause(), 2 * CHUNK],
    [
      'a connection without listeners reads at most 2 chunks, one message, and what precedes it',
      () => {},
      2 * CHUNK + 2 * size,
    ],
  ])('%s', async (_, setUp, most) => {
    const [peer, socket] = await tcpPair();
    const connection = connectionOver(socket, 'server', { maxUnreadBytes: CHUNK });
    setUp(connection);
    const frame = FRAMES.client.binary(Buffer.alloc(size));
    for (let i = 0; i < 100; i++) peer.write(frame);
    // The kernel accepts a few MiB, then nothing more.
    for (let written = -1; written !== peer.bytesWritten - peer.writableLength; await turns(200)) {
      written = peer.bytesWritten - peer.writableLength;
    }
    expect(socket.bytesRead).toBeGreaterThan(0);
    expect(socket.bytesRead).toBeLessThanOrEqual(most);
    let count = 0;
    connection.on('message', () => count++);
    connection.resume();
    peer.resume();
    peer.end(FRAMES.client.close(1000));
    expect(await connection.closed).toMatchObject({ wasClean: true });
    expect(count).toBe(100);
  });
});

test('after a flood of Pings from a peer that does not read, only the latest Pong is kept (§5.5.3)', async () => {
  const { connection, peer } = await connectionAndPeer();
  peer.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => FRAMES.client.ping('x'.repeat(125))));
  let seen = 0;
  connection.on('ping', () => seen++);
  let most = 0;
  for (let i = 0; i < 100; i++) {
    peer.write(pings);
    await turns(2);
    most = Math.max(most, connection.bufferedAmount);
  }
  peer.write(FRAMES.client.ping('last'));
  while (seen < 100_001) await turns();
  expect(most).toBeLessThan(CHUNK);
  peer.socket.resume();
  await peer.until(() => peer.received.includes('last'));
  const collector = new FrameCollector('server');
  collector.push(peer.received);
  expect(collector.frames.length).toBeLessThan(100_001);
  expect(collector.frames.at(-1)!.payload.toString()).toBe('last');
});

test('Pings between the fragments of a large message are answered at once, and the message stays intact', async () => {
  const { connection, peer } = await connectionAndPeer();
  const hash = createHash('sha256');
  const digest = new Promise<string>(resolve => {
    connection.on('message', data => resolve(createHash('sha256').update(data).digest('hex')));
  });
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const payload = Buffer.alloc(16_384, i);
    hash.update(payload);
    const isLast = i === 99;
    peer.write(i === 0 ? FRAMES.client.binary(payload, false) : FRAMES.client.continuation(payload, isLast));
    if (isLast) break;
    const start = performance.now();
    peer.write(FRAMES.client.ping(`${i}`));
    await peer.until(() => peer.received.length > 0);
    times.push(performance.now() - start);
    expect(peer.received.subarray(2).toString()).toBe(`${i}`);
    peer.received = Buffer.alloc(0);
  }
  expect(await digest).toBe(hash.digest('hex'));
  times.sort((a, b) => a - b);
  expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(100);
});

test('a busy peer does not delay the others: a Pong arrives between its messages', async () => {
  const { connection, peer, port } = await connectionAndPeer();
  let busy = 0;
  connection.on('message', () => {
    busy++;
    const end = performance.now() + 0.2;
    while (performance.now() < end);
  });
  const quiet = await connect(`ws://127.0.0.1:${port}/`);
  const echoes: number[] = [];
  quiet.on('pong', () => echoes.push(busy));
  const message = FRAMES.client.text('x');
  // Two seconds of work. The first part arrives at once.
  peer.write(Buffer.concat(Array.from({ length: 10_000 }, () => message)));
  while (busy === 0) await turns(1);
  const start = busy;
  await quiet.ping();
  // The round trip takes a few turns, each with 5 ms of the busy peer's messages.
  expect(echoes[0]! - start).toBeLessThan(1_000);
  connection.terminate();
  quiet.terminate();
});
