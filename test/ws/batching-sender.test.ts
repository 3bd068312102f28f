import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { SLAB_SIZE } from '../../src/framing/slabs.js';
import { setImmediate } from '../../src/timers.js';
import { BatchingSender } from '../../src/ws/batching-sender.js';

const TEXT = { fin: true, binary: false, mask: false };

/** A Duplex that takes nothing until `take()` is called, and what was written to it. */
function slowSocket(): { socket: Duplex; chunks: Buffer[]; take: () => void } {
  const chunks: Buffer[] = [];
  let done = () => {};
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, callback) {
      chunks.push(chunk);
      done = callback;
    },
  });
  return { socket, chunks, take: () => done() };
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('a BatchingSender', () => {
  test('writes the frames of one turn at once', async () => {
    const socket = new PassThrough();
    const chunks: Buffer[] = [];
    socket.on('data', chunk => chunks.push(chunk));
    const sender = new BatchingSender(socket, {}, undefined, false);
    const order: string[] = [];
    sender.send('a', TEXT, () => order.push('a'));
    sender.ping('b', false, () => order.push('b'));
    expect(sender.pendingBytes).toBe(6);
    await nextTurn();
    await nextTurn();
    expect(chunks).toEqual([Buffer.of(0x81, 1, 97, 0x89, 1, 98)]);
    expect([order, sender.pendingBytes]).toEqual([['a', 'b'], 0]);
  });

  test('copies the payload, so that the caller may change it', async () => {
    const { socket, chunks } = slowSocket();
    const sender = new BatchingSender(socket, {}, undefined, false);
    const data = Buffer.from('abc');
    sender.send(data, { ...TEXT, binary: true });
    data.fill('x');
    await nextTurn();
    expect(String(chunks[0]!.subarray(2))).toBe('abc');
  });

  test('writes a large batch before the turn ends', () => {
    const { socket, chunks } = slowSocket();
    const sender = new BatchingSender(socket, {}, undefined, false);
    sender.send(Buffer.alloc(300_000), { ...TEXT, binary: true });
    expect([chunks.length > 0, sender.pendingBytes]).toEqual([true, 0]);
  });

  test('keeps encoded frames in their place', () => {
    const socket = new PassThrough();
    const sender = new BatchingSender(socket, {}, undefined, false);
    sender.send('a', TEXT);
    sender.sendFrame([Buffer.of(0x81, 1), 'b']);
    sender.send('c', TEXT);
    sender.flush();
    expect(socket.read()).toEqual(Buffer.of(0x81, 1, 97, 0x81, 1, 98, 0x81, 1, 99));
  });

  test('keeps bytes that wait for a slow peer out of the memory that all connections share', () => {
    const { socket, chunks, take } = slowSocket();
    const sender = new BatchingSender(socket, {}, undefined, false);
    sender.send('first', TEXT);
    sender.flush();
    sender.send('waits', TEXT);
    sender.flush();
    take();
    expect(chunks.map(({ buffer }) => buffer.byteLength < SLAB_SIZE)).toEqual([false, true]);
  });
});

test('a socket that throws when it is written to is destroyed, and other senders are flushed', async () => {
  const broken = new PassThrough();
  broken.on('error', () => {});
  broken.write = () => {
    throw new Error('broken');
  };
  const socket = new PassThrough();
  for (const one of [broken, socket]) new BatchingSender(one, {}, undefined, false).send('a', TEXT);
  await nextTurn();
  await nextTurn();
  expect(broken.destroyed).toBe(true);
  expect(socket.read()).toHaveLength(3);
});
