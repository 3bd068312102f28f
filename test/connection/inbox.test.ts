import { describe, expect, test, vi } from 'vitest';
import { dataOf, Inbox } from '../../src/connection/inbox.js';
import { CONNECTION_DEFAULTS } from '../../src/connection/options.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';

function makeInbox(bounds: { maxUnreadMessages?: number; maxUnreadBytes?: number } = {}) {
  const onRoom = vi.fn();
  return { inbox: new Inbox({ ...CONNECTION_DEFAULTS, ...bounds }, onRoom), onRoom };
}

describe('Inbox', () => {
  test('keeps messages in order', () => {
    const { inbox, onRoom } = makeInbox();
    expect(inbox.isEmpty).toBe(true);
    inbox.put('a');
    inbox.put(Buffer.from('b'));
    expect([inbox.isEmpty, inbox.take(), inbox.take(), inbox.isEmpty]).toEqual([false, 'a', Buffer.from('b'), true]);
    expect(onRoom).not.toHaveBeenCalled();
  });

  test('is full by count', () => {
    const { inbox } = makeInbox({ maxUnreadMessages: 2 });
    inbox.put('');
    expect(inbox.isFull).toBe(false);
    inbox.put('');
    expect(inbox.isFull).toBe(true);
    inbox.take();
    expect(inbox.isFull).toBe(false);
  });

  test('is full by size, above the bound', () => {
    const { inbox } = makeInbox({ maxUnreadBytes: 4 });
    inbox.put('four');
    expect(inbox.isFull).toBe(false);
    inbox.put(Buffer.alloc(1));
    expect(inbox.isFull).toBe(true);
    inbox.take();
    expect(inbox.isFull).toBe(false);
  });

  test('does not hold the chunk that a message is a small part of', () => {
    const { inbox } = makeInbox();
    const chunk = Buffer.alloc(65_536, 1);
    inbox.put(chunk.subarray(0, 1024));
    inbox.put(chunk.subarray(0, 40_000));
    const [small, large] = [inbox.take() as Buffer, inbox.take() as Buffer];
    expect(small).toEqual(Buffer.alloc(1024, 1));
    expect(small.buffer.byteLength).toBe(1024);
    expect(large.buffer).toBe(chunk.buffer);
  });

  test.each([1, 16, 100, 127, 128, 1_000])('holds at most 8 times the size of %i-byte messages out of a pool', size => {
    const { inbox } = makeInbox({ maxUnreadMessages: 2_000 });
    const pools: Buffer[] = [];
    for (let i = 0; i < 1_000; i++) {
      // Like Node's pool, whose other bytes belong to others.
      const pool = Buffer.alloc(8_192, i);
      pools.push(pool);
      inbox.put(pool.subarray(8, 8 + size));
    }
    const kept = Array.from({ length: 1_000 }, () => inbox.take() as Buffer);
    const held = new Set(kept.map(({ buffer }) => buffer));
    const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeLessThanOrEqual(8 * 1_000 * size);
    for (const [i, message] of kept.entries()) expect(message.equals(pools[i]!.subarray(0, size))).toBe(true);
  });

  test('copies messages of less than 128 bytes into blocks of 1 KiB, others into memory of their own size', () => {
    const { inbox } = makeInbox();
    const chunk = Buffer.alloc(8_192);
    for (const size of [...Array<number>(8).fill(127), 8, 127, 128, 4_095]) inbox.put(chunk.subarray(0, size));
    const taken = Array.from({ length: 12 }, () => inbox.take() as Buffer);
    expect(taken.map(({ buffer }) => buffer.byteLength)).toEqual([...Array<number>(10).fill(1_024), 128, 4_095]);
    // The first nine messages fill a block to its last byte.
    expect(new Set(taken.slice(0, 9).map(({ buffer }) => buffer)).size).toBe(1);
    expect(taken[9]!.buffer).not.toBe(taken[8]!.buffer);
  });

  test('does not copy a message that is half of its chunk', () => {
    const { inbox } = makeInbox();
    const message = Buffer.alloc(8_192).subarray(0, 4_096);
    inbox.put(message);
    expect(inbox.take()).toBe(message);
  });

  test('keeps many messages in order while they come and go', () => {
    const { inbox } = makeInbox({ maxUnreadMessages: 1_000_000 });
    let next = 0;
    for (let i = 0; i < 3_000; i++) {
      inbox.put(String(i));
      if (i % 3 > 0) expect(inbox.take()).toBe(String(next++));
    }
    while (!inbox.isEmpty) expect(inbox.take()).toBe(String(next++));
    expect(next).toBe(3_000);
  });

  test.skipIf(IS_MUTATION_RUN)('takes 200,000 kept messages in linear time', () => {
    const { inbox } = makeInbox({ maxUnreadMessages: 1_000_000 });
    for (let i = 0; i < 200_000; i++) inbox.put('');
    const before = performance.now();
    while (!inbox.isEmpty) inbox.take();
    // With Array.shift(), this took more than 10 s.
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('returns kept messages to an iterator, and reports that there is room', async () => {
    const { inbox, onRoom } = makeInbox();
    inbox.put('a');
    expect(await inbox.iterator(dataOf).next()).toEqual({ done: false, value: 'a' });
    expect(onRoom).toHaveBeenCalledOnce();
  });

  test('passes each message to one of several iterators, in the order in which they asked', async () => {
    const { inbox } = makeInbox();
    const [one, two] = [inbox.iterator(dataOf), inbox.iterator(dataOf)];
    const answers = [one.next(), two.next(), one.next()];
    expect(inbox.isAwaited).toBe(true);
    for (const message of ['1', '2', '3', '4']) inbox.put(message);
    expect(await Promise.all(answers)).toEqual(['1', '2', '3'].map(value => ({ done: false, value })));
    expect(inbox.isAwaited).toBe(false);
    expect(inbox.take()).toBe('4');
  });

  test('ends the iterators after the kept messages', async () => {
    const { inbox } = makeInbox();
    const waiting = inbox.iterator(dataOf).next();
    inbox.end(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
    inbox.put('kept');
    const late = inbox.iterator(dataOf);
    expect(await late.next()).toEqual({ done: false, value: 'kept' });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  test('throws the failure once to each iterator, after the kept messages', async () => {
    const { inbox } = makeInbox();
    const failure = new Error('lost');
    const [waiting, other, left] = [inbox.iterator(dataOf), inbox.iterator(dataOf), inbox.iterator(dataOf)];
    const calls = [waiting.next(), waiting.next(), other.next()];
    await left.return?.();
    inbox.end(failure);
    expect(await Promise.allSettled(calls)).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: { done: true, value: undefined } },
      { status: 'rejected', reason: failure },
    ]);
    expect(await waiting.next()).toEqual({ done: true, value: undefined });
    expect(await left.next()).toEqual({ done: true, value: undefined });
    inbox.put('kept');
    const late = inbox.iterator(dataOf);
    expect(await late.next()).toEqual({ done: false, value: 'kept' });
    await expect(late.next()).rejects.toBe(failure);
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  test('knows whether an iterator may ask for messages', async () => {
    const { inbox } = makeInbox();
    expect(inbox.hasReader).toBe(false);
    const [one, two] = [inbox.iterator(dataOf), inbox.iterator(dataOf)];
    await one.return?.();
    await one.return?.();
    expect(inbox.hasReader).toBe(true);
    inbox.end(undefined);
    await two.next();
    expect(inbox.hasReader).toBe(false);
  });

  test('keeps the rest when a loop is left', async () => {
    const { inbox } = makeInbox();
    for (const message of ['1', '2', '3']) inbox.put(message);
    for await (const message of inbox.iterator(dataOf)) {
      expect(message).toBe('1');
      break;
    }
    expect(inbox.take()).toBe('2');
  });

  test('loses no message to an iterator that was left while it waited', async () => {
    const { inbox } = makeInbox();
    const left = inbox.iterator(dataOf);
    const other = inbox.iterator(dataOf);
    const waiting = left.next();
    const othersWaiting = other.next();
    expect(await left.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    inbox.put('for the other');
    expect(await othersWaiting).toEqual({ done: false, value: 'for the other' });
    inbox.put('kept');
    expect(await left.next()).toEqual({ done: true, value: undefined });
    expect(inbox.take()).toBe('kept');
  });
});
