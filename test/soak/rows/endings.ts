/** Connections that end badly, or never. */
import { setTimeout as wait } from 'node:timers/promises';
import { CONNECTION_DEFAULTS, connect, type WebSocketConnection } from '../../../src/index.js';
import { activeHandles, heldMemory, openDescriptors, slope, until } from '../measure.js';
import { startPeer } from '../peer.js';
import { type Outcome, type Row, scaled } from '../row.js';
import { openServer } from '../server.js';

const seconds = (time: number) => `${(time / 1000).toFixed(1)} s`;

async function resets(scale: number): Promise<Outcome> {
  const count = scaled(10_000, scale);
  let closes = 0;
  let messages = 0;
  const codes = new Set<number>();
  const { server, port } = await openServer(connection => {
    connection.on('message', () => messages++);
    connection.on('close', ({ code }) => {
      closes++;
      codes.add(code);
    });
  });
  const open = () => ({ handles: activeHandles(), descriptors: openDescriptors() ?? 0 });
  await wait(100);
  const before = open();
  await startPeer('resets', { port, count }).result;
  await until(() => closes >= count && server.clients.size === 0, 10_000, 'the last close');
  await wait(100);
  const after = open();
  await server.close({ timeout: 0 });
  const isSame = after.handles <= before.handles && after.descriptors <= before.descriptors;
  return {
    figure:
      `${closes} close events (${[...codes].join(', ')}), ${messages} messages; ` +
      `handles ${before.handles} -> ${after.handles}, descriptors ${before.descriptors} -> ${after.descriptors}`,
    passed: isSame && closes === count && messages === 0 && codes.size === 1 && codes.has(1006),
  };
}

/**
 * A peer that sends nothing, while its kernel accepts what we send. To us, it looks as if the other end has vanished.
 */
async function halfOpen(): Promise<Outcome> {
  const connections: WebSocketConnection[] = [];
  const { server, port } = await openServer(connection => connections.push(connection));
  const peer = startPeer('deaf', { port, count: 1 });
  await peer.ready;
  const start = performance.now();
  const { code, cause } = await connections[0]!.closed;
  const time = performance.now() - start;
  peer.stop();
  await peer.result;
  await server.close({ timeout: 0 });
  return { figure: `${code} after ${seconds(time)}: ${cause?.message}`, passed: code === 1006 && time <= 40_000 };
}

async function ignoresClose(): Promise<Outcome> {
  const { closeTimeout } = CONNECTION_DEFAULTS;
  const connections: WebSocketConnection[] = [];
  const { server, port } = await openServer(connection => connections.push(connection));
  const before = openDescriptors() ?? 0;
  const peer = startPeer('ignoresClose', { port });
  await until(() => connections.length > 0, 10_000, 'the connection');
  const start = performance.now();
  const { cause } = await connections[0]!.close(1000);
  const time = performance.now() - start;
  await peer.result;
  await wait(100);
  const after = openDescriptors() ?? 0;
  await server.close({ timeout: 0 });
  return {
    figure: `destroyed after ${seconds(time)}: ${cause?.message}`,
    passed: time >= closeTimeout - 100 && time <= closeTimeout + 500 && after <= before + 1,
  };
}

/** Opens and closes connections between a client and a server, and measures how the memory of each grows. */
async function opensAndCloses(scale: number): Promise<Outcome> {
  const samples = 20;
  const count = scaled(100_000, scale, samples);
  let closed = 0;
  const { server, port } = await openServer(connection => {
    connection.on('message', data => connection.send(data));
    connection.on('close', () => closed++);
  });
  const held: Array<[number, number]> = [];
  const peer = startPeer('opensAndCloses', { port, count, samples });
  let isOver = false;
  void peer.result.finally(() => {
    isOver = true;
  });
  const before = activeHandles();
  for (let next = count / samples; !isOver; ) {
    await wait(20);
    if (closed < next) continue;
    held.push([closed, await heldMemory()]);
    next += count / samples;
  }
  const clients = await peer.result;
  await until(() => server.clients.size === 0, 10_000, 'the last close');
  const after = activeHandles();
  await server.close({ timeout: 0 });
  const server1000 = growth(held);
  const client1000 = growth(clients);
  return {
    figure:
      `${closed} connections: server ${server1000.toFixed(0)}, client ${client1000.toFixed(0)} bytes per 1,000; ` +
      `handles ${before} -> ${after}`,
    passed: closed >= count && server1000 < 1024 && client1000 < 1024,
  };
}

/** Returns bytes per 1,000 connections, without the first quarter, in which the code itself takes memory. */
function growth(points: ReadonlyArray<readonly [number, number]>): number {
  return 1_000 * slope(points.slice(Math.ceil(points.length / 4)));
}

/** Every peer sends as much as possible, half of the peers do not read, and the server is closed. */
async function shutDown(): Promise<Outcome> {
  const timeout = 1_000;
  const before = activeHandles();
  const { server, port } = await openServer(connection => {
    const fill = () => {
      while (connection.send(Buffer.alloc(10_000)));
    };
    connection.on('drain', fill);
    fill();
  });
  const deaf = startPeer('deaf', { port, count: 50 });
  const talkers = startPeer('talkers', { port, count: 50, size: 10_000 });
  await Promise.all([deaf.ready, talkers.ready]);
  const own = await Promise.all(Array.from({ length: 20 }, () => connect(`ws://127.0.0.1:${port}/`)));
  for (const connection of own) connection.on('message', () => {});
  await wait(200);
  const start = performance.now();
  await server.close({ timeout });
  const time = performance.now() - start;
  const ends = await Promise.all(own.map(({ closed }) => closed));
  deaf.stop();
  talkers.stop();
  await Promise.all([deaf.result, talkers.result]);
  await wait(100);
  const after = activeHandles();
  const informed = ends.filter(({ code }) => code === 1001).length;
  return {
    figure: `closed after ${seconds(time)} with 120 connections, handles ${before} -> ${after}; ${informed} of 20 readers got 1001`,
    passed: time <= timeout + 1_000 && after <= before && informed === 20,
  };
}

export const endings: readonly Row[] = [
  {
    name: 'resets',
    fault: '10,000 peers that reset in the middle of a frame',
    limit: 'one close event each, no message, no handle left',
    run: resets,
  },
  { name: 'half-open', fault: 'a peer that becomes silent', limit: '1006 within 40 s, by default', run: halfOpen },
  {
    name: 'ignores-close',
    fault: 'a peer that neither answers the Close frame nor ends TCP',
    limit: 'destroyed after 10 s',
    run: ignoresClose,
  },
  {
    name: 'shutdown',
    fault: 'a server that closes with a timeout of 1 s, while every peer sends and half of them do not read',
    limit: '<= timeout + 1 s, no handle left, every reader gets 1001',
    run: shutDown,
  },
  {
    name: 'opens-and-closes',
    fault: '100,000 connections opened and closed',
    limit: 'growth < 1 KiB per 1,000, at both ends',
    // Machine code counts as memory. V8 compiles and discards it again and again: about 2 KiB per 1,000 connections.
    flags: ['--no-opt', '--no-sparkplug'],
    run: opensAndCloses,
  },
];
