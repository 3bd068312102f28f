/** How much memory a peer can make us hold. */
import { setTimeout as wait } from 'node:timers/promises';
import {
  BackpressureError,
  CONNECTION_DEFAULTS,
  type ServerOptions,
  type WebSocketConnection,
} from '../../../src/index.js';
import { heldMemory, until } from '../measure.js';
import { startPeer } from '../peer.js';
import { kib, type Outcome, type Row, scaled } from '../row.js';
import { openServer } from '../server.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** An application that ignores the result of send(), and a peer that does not read. */
async function slowReader(makeMessage: () => string | Buffer): Promise<Outcome> {
  const connections: WebSocketConnection[] = [];
  const { server, port } = await openServer(connection => connections.push(connection), { pingInterval: 0 });
  const round = async () => {
    const peer = startPeer('deaf', { port, count: 1 });
    await peer.ready;
    const before = await heldMemory();
    const peak = (await peakOfSending(connections.pop()!, makeMessage)) - before;
    peer.stop();
    await peer.result;
    await until(() => server.clients.size === 0, 10_000, 'the end of the connection');
    return peak;
  };
  // The first round includes the memory of the code itself.
  await round();
  const peak = await round();
  await server.close({ timeout: 0 });
  // Each turn of the event loop sends one message, and the turn that crosses the cap is exempt from it. In addition,
  // the write in progress, at most 256 KiB, holds whole slabs, and memory may be partly filled.
  const limit = CAP + 2 * Buffer.byteLength(makeMessage()) + 256 * KIBIBYTE;
  return { figure: `${kib(peak)} of ${kib(limit)}`, passed: peak > CAP / 2 && peak <= limit };
}

const CAP = CONNECTION_DEFAULTS.maxBufferedAmount;

/** Sends until the connection is ended. Returns the most memory that was held close to the end. */
async function peakOfSending(connection: WebSocketConnection, makeMessage: () => string | Buffer): Promise<number> {
  const size = Buffer.byteLength(makeMessage());
  let peak = 0;
  for (let sent = size; connection.state === 'open'; sent += size) {
    connection.send(makeMessage());
    await new Promise(setImmediate);
    // Sample every 64 KiB when the cap is near.
    const isNear = connection.bufferedAmount > 0.95 * CAP && sent % (64 * KIBIBYTE) < size;
    if (isNear && connection.state === 'open') peak = Math.max(peak, await heldMemory());
  }
  const { cause } = await connection.closed;
  if (!(cause instanceof BackpressureError)) throw new Error(`ended by ${cause}`);
  return peak;
}

/** Peers that send to an application that takes no messages. */
async function unread(setUp: (connection: WebSocketConnection) => void, options: ServerOptions = {}): Promise<Outcome> {
  const size = 100 * KIBIBYTE;
  const count = 50;
  const limit = 2 * 64 * KIBIBYTE + size;
  const { server, port } = await openServer(
    connection => {
      connection.on('close', () => {});
      setUp(connection);
    },
    { pingInterval: 0, ...options },
  );
  const before = await heldMemory();
  const peer = startPeer('talkers', { port, count, size });
  await peer.ready;
  await until(() => server.clients.size === count, 10_000, 'connections');
  // Wait until the kernel's buffers are full, and until everything that would grow has grown.
  let each = 0;
  for (let i = 0; i < 10; i++) each = Math.max(each, ((await heldMemory()) - before) / count);
  peer.stop();
  await peer.result;
  await server.close({ timeout: 0 });
  return { figure: `${kib(each)} of ${kib(limit)} a connection`, passed: each <= limit };
}

async function pingFlood(scale: number): Promise<Outcome> {
  const count = scaled(1_000, scale) * 1_000;
  let pings = 0;
  const { server, port } = await openServer(connection => connection.on('ping', () => pings++), { pingInterval: 0 });
  const warmUp = startPeer('pingFlood', { port, count: 10_000 });
  await warmUp.ready;
  warmUp.stop();
  await warmUp.result;
  pings = 0;
  const before = await heldMemory();
  const peer = startPeer('pingFlood', { port, count });
  let peak = 0;
  while (pings < count) {
    peak = Math.max(peak, (await heldMemory()) - before);
    await wait(200);
  }
  await peer.ready;
  peer.stop();
  await peer.result;
  await server.close({ timeout: 0 });
  return { figure: `${pings} pings: ${kib(peak)} of ${kib(MEBIBYTE)}`, passed: peak < MEBIBYTE };
}

async function fragments(count: number, size: number): Promise<Outcome> {
  const connections = 20;
  const { server, port } = await openServer(() => {}, { pingInterval: 0 });
  const warmUp = startPeer('fragments', { port, connections: 2, count, size });
  await warmUp.ready;
  warmUp.stop();
  await warmUp.result;
  await until(() => server.clients.size === 0, 10_000, 'the end of the warm-up');
  const before = await heldMemory();
  const peer = startPeer('fragments', { port, connections, count, size });
  await peer.ready;
  const each = ((await heldMemory()) - before) / connections;
  const open = server.clients.size;
  peer.stop();
  await peer.result;
  await server.close({ timeout: 0 });
  const limit = 2 * count * size + 64 * KIBIBYTE;
  return { figure: `${kib(each)} of ${kib(limit)} a connection`, passed: open === connections && each <= limit };
}

const SLOW = 'memory <= cap + the turn that crosses it + one message + 256 KiB, then terminated';
const UNREAD = '<= 2 chunks of 64 KiB + one message';
const FRAGMENTS = '<= 2x payload + 64 KiB';

export const memory: readonly Row[] = [
  {
    name: 'slow-reader-large',
    fault: 'a peer that does not read, and an application that sends it 64 KiB messages',
    limit: SLOW,
    run: () => slowReader(() => Buffer.alloc(64 * KIBIBYTE)),
  },
  {
    name: 'slow-reader-small',
    fault: 'a peer that does not read, and an application that sends it 100-byte messages',
    limit: SLOW,
    run: () => slowReader(() => 'x'.repeat(100)),
  },
  {
    name: 'slow-reader-medium',
    fault: 'a peer that does not read, and an application that sends it 17,000-byte messages',
    limit: SLOW,
    run: () => slowReader(() => Buffer.alloc(17_000)),
  },
  {
    name: 'paused-application',
    fault: 'peers that send to a paused application',
    limit: UNREAD,
    run: () => unread(connection => connection.pause()),
  },
  {
    name: 'idle-application',
    fault: 'peers that send to an application that never listens',
    limit: UNREAD,
    run: () => unread(() => {}),
  },
  {
    name: 'ping-flood',
    fault: '1,000,000 Pings from a peer that does not read',
    limit: 'heap < 1 MiB',
    run: pingFlood,
  },
  {
    name: 'fragments-1-byte',
    fault: 'an unfinished message of 131,071 fragments of one byte',
    limit: FRAGMENTS,
    run: () => fragments(131_071, 1),
  },
  {
    name: 'fragments-empty',
    fault: 'an unfinished message of 131,071 empty fragments',
    limit: FRAGMENTS,
    run: () => fragments(131_071, 0),
  },
  {
    name: 'fragments-large',
    fault: 'an unfinished message of 300 fragments of 10,000 bytes',
    limit: FRAGMENTS,
    run: () => fragments(300, 10_000),
  },
];
