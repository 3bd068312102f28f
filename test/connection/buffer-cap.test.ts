import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BufferCap } from '../../src/connection/buffer-cap.js';
import { resolveConnectionOptions } from '../../src/connection/options.js';
import type { BackpressureError } from '../../src/errors.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A queue of bytes under a cap of 1,000 with a high-water mark of 100. */
function cappedQueue() {
  const output = { held: 0, taken: 0, pace: 'the peer took nothing' };
  const errors: BackpressureError[] = [];
  const cap = new BufferCap(resolveConnectionOptions({ maxBufferedAmount: 1_000, highWaterMark: 100 }), output, error =>
    errors.push(error),
  );
  return {
    cap,
    errors,
    send(size: number): boolean {
      const isAdmitted = cap.admits();
      if (isAdmitted) output.held += size;
      return isAdmitted;
    },
    take(size: number): void {
      output.held -= size;
      output.taken += size;
      cap.progressed();
    },
    free(size: number): void {
      output.held -= size;
    },
    endTurn: () => cap.turnEnded(),
  };
}

describe('BufferCap', () => {
  test('admits a burst within one turn, and later messages up to the cap', () => {
    const queue = cappedQueue();
    for (let i = 0; i < 5; i++) expect(queue.send(1_000)).toBe(true);
    queue.endTurn();
    expect(queue.send(600)).toBe(true);
    queue.endTurn();
    expect(queue.send(600)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
    expect(queue.errors).toHaveLength(1);
    expect(queue.errors[0]).toMatchObject({ fault: 'peer', bufferedAmount: 6_200 });
    expect(queue.errors[0]!.message).toContain('the peer took nothing');
  });

  test('exempts only the part of a burst that still waits', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    queue.send(900);
    queue.endTurn();
    queue.take(1_500);
    expect(queue.send(900)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
  });

  // Two turns may be 50 µs apart. A peer that took nothing between them is not slow.
  test('exempts the turn that crossed the cap, even if much waited before', () => {
    const queue = cappedQueue();
    queue.send(900);
    queue.endTurn();
    queue.send(5_000);
    queue.endTurn();
    expect(queue.send(100)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
  });

  test('allows exactly the cap', () => {
    const queue = cappedQueue();
    queue.send(1_000);
    queue.endTurn();
    expect(vi.getTimerCount()).toBe(0);
    // Exactly the cap has waited, so this turn may still add any number of bytes.
    expect(queue.send(1_000)).toBe(true);
    expect(queue.send(1_000)).toBe(true);
    expect(queue.errors).toEqual([]);
  });

  test('admits exactly up to the cap in addition to the exempt bytes', () => {
    const queue = cappedQueue();
    queue.send(5_000);
    queue.endTurn();
    expect(queue.send(1_000)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
  });

  test('exempts only the bytes that the turn added', () => {
    const queue = cappedQueue();
    queue.send(901);
    queue.endTurn();
    queue.take(1);
    queue.send(2_000);
    queue.endTurn();
    queue.send(100);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
  });

  test('does not end a peer for which at most the high-water mark waited', () => {
    const queue = cappedQueue();
    queue.send(100);
    queue.endTurn();
    queue.send(2_000);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
  });

  test('counts the bytes of a turn from the bytes that waited before it', () => {
    const queue = cappedQueue();
    queue.send(900);
    queue.endTurn();
    for (let i = 0; i < 8; i++) expect(queue.send(1_000)).toBe(true);
    expect(queue.send(1)).toBe(true);
    expect(queue.send(1)).toBe(false);
  });

  test('watches for a stall only while more than the cap waits', () => {
    const queue = cappedQueue();
    queue.send(500);
    queue.endTurn();
    expect(vi.getTimerCount()).toBe(0);
    queue.send(2_000);
    queue.endTurn();
    queue.take(100);
    expect(vi.getTimerCount()).toBe(1);
    queue.take(1_400);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('limits what one turn may queue, and blames the caller', () => {
    const queue = cappedQueue();
    let count = 0;
    while (queue.send(1_000)) count++;
    expect(count).toBe(9);
    expect(queue.errors[0]).toMatchObject({ fault: 'caller', code: 'WS101_BACKPRESSURE' });
    expect(queue.errors[0]!.message).toContain('one turn of the event loop queued more than 8 times that');
  });

  test('starts again after the queue has drained', () => {
    const queue = cappedQueue();
    for (let i = 0; i < 3; i++) {
      queue.send(3_000);
      expect(queue.send(3_000)).toBe(true);
      queue.endTurn();
      queue.take(6_000);
    }
    expect(queue.errors).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends a peer that reads nothing for 10 s while more than the cap waits', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    vi.advanceTimersByTime(9_999);
    expect(queue.errors).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(queue.errors).toHaveLength(1);
  });

  test('does not end a peer that reads something every 10 s', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    for (let i = 0; i < 8; i++) {
      vi.advanceTimersByTime(9_000);
      queue.take(100);
    }
    expect(queue.errors).toEqual([]);
    queue.take(300);
    vi.advanceTimersByTime(100_000);
    expect(queue.errors).toEqual([]);
  });

  // Pings hold memory until their Pong comes. That memory is not part of any write.
  test('does not end a peer if the queue shrank without a write', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    queue.free(2_000);
    vi.advanceTimersByTime(100_000);
    expect(queue.errors).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    expect(vi.getTimerCount()).toBe(1);
    queue.cap.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
