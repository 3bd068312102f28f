/** What one peer may take of memory and of time. npm run soak measures the same at full length. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect, type WebSocketConnection } from '../../src/index.js';
import { connectionOver } from '../helpers/connections.js';
import { FRAMES, FrameCollector } from '../helpers/frames.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';
import { tcpPair } from '../helpers/sockets.js';
import { turns } from '../helpers/turns.js';

const CHUNK = 65_536;

async function connectionAndPeer(options = {}) {
  const { port, connections, server } = await openServer(options);
  const peer = await rawConnect(port);
  peer.write(request());
  await peer.head();
  (peer.socket as Socket).setNoDelay(true);
  return { connection: connections[0]!, peer, port, server };
}

describe('an application that does not take its messages', () => {
  const size = 100_000;

  test.each<[what: string, setUp: (connection: WebSocketConnection) => void, most: number]>([
    ['has paused: at most 2 chunks are read', connection => connection.pause(), 2 * CHUNK],
    ['never listens: at most 2 chunks, one message and what lies in front of it', () => {}, 2 * CHUNK + 2 * size],
  ])('%s, and none is lost', async (_, setUp, most) => {
    const [peer, socket] = await tcpPair();
    const connection = connectionOver(socket, 'server', { maxUnreadBytes: CHUNK });
    setUp(connection);
    const frame = FRAMES.client.binary(Buffer.alloc(size));
    for (let i = 0; i < 100; i++) peer.write(frame);
    // The kernel takes some MiB, and then no more.
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

test('a ping flood by a peer that reads nothing: the latest Pong is kept (§5.5.3), and comes when it reads', async () => {
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
  peer.write(FRAMES.client.ping('the last'));
  while (seen < 100_001) await turns();
  expect(most).toBeLessThan(CHUNK);
  peer.socket.resume();
  await peer.until(() => peer.received.includes('the last'));
  const collector = new FrameCollector('server');
  collector.push(peer.received);
  expect(collector.frames.length).toBeLessThan(100_001);
  expect(collector.frames.at(-1)!.payload.toString()).toBe('the last');
});

test('a control flood inside a large message: each Ping is answered between its fragments, and the message is intact', async () => {
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

test('a busy peer does not keep the others waiting: an echo comes between its messages', async () => {
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
  // Two seconds of work, of which the first pieces come at once.
  peer.write(Buffer.concat(Array.from({ length: 10_000 }, () => message)));
  while (busy === 0) await turns(1);
  const start = busy;
  await quiet.ping();
  // It went there and back: a few turns, each with 5 ms of the busy one's messages.
  expect(echoes[0]! - start).toBeLessThan(1_000);
  connection.terminate();
  quiet.terminate();
});
