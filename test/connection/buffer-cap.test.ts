import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
  it('admits a burst within one turn, and what follows it up to the cap', () => {
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

  it('exempts no more of a burst than what is left of it', () => {
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

  // Two turns may be 50 µs apart: then a peer that has taken nothing between them is not slow.
  it('exempts the turn that crossed the cap, also where much waited before', () => {
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

  it('counts the cap itself as allowed', () => {
    const queue = cappedQueue();
    queue.send(1_000);
    queue.endTurn();
    expect(vi.getTimerCount()).toBe(0);
    // What waited is exactly the cap, so this turn may still burst.
    expect(queue.send(1_000)).toBe(true);
    expect(queue.send(1_000)).toBe(true);
    expect(queue.errors).toEqual([]);
  });

  it('admits exactly up to the cap beside what is exempt', () => {
    const queue = cappedQueue();
    queue.send(5_000);
    queue.endTurn();
    expect(queue.send(1_000)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
    queue.endTurn();
    expect(queue.send(1)).toBe(false);
  });

  it('exempts only what the turn itself added', () => {
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

  it('gives a peer a chance of which no more than the mark waited', () => {
    const queue = cappedQueue();
    queue.send(100);
    queue.endTurn();
    queue.send(2_000);
    queue.endTurn();
    expect(queue.send(1)).toBe(true);
  });

  it('measures what one turn adds from what waited before it', () => {
    const queue = cappedQueue();
    queue.send(900);
    queue.endTurn();
    for (let i = 0; i < 8; i++) expect(queue.send(1_000)).toBe(true);
    expect(queue.send(1)).toBe(true);
    expect(queue.send(1)).toBe(false);
  });

  it('watches for a stall only while more than the cap waits', () => {
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

  it('bounds what one turn may queue, and does not blame the peer', () => {
    const queue = cappedQueue();
    let count = 0;
    while (queue.send(1_000)) count++;
    expect(count).toBe(9);
    expect(queue.errors[0]).toMatchObject({ fault: 'caller', code: 'WS101_BACKPRESSURE' });
    expect(queue.errors[0]!.message).toContain('one turn of the event loop queued more than 8 times that');
  });

  it('judges anew once the queue has drained', () => {
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

  it('ends a peer that takes nothing for 10 s while more than the cap waits', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    vi.advanceTimersByTime(9_999);
    expect(queue.errors).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(queue.errors).toHaveLength(1);
  });

  it('lets a peer be that takes something every 10 s', () => {
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

  // Pings hold memory until their Pong comes, and that is no write of the transport's.
  it('ends no peer if what waited has gone without the transport taking it', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    queue.free(2_000);
    vi.advanceTimersByTime(100_000);
    expect(queue.errors).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind', () => {
    const queue = cappedQueue();
    queue.send(2_000);
    queue.endTurn();
    expect(vi.getTimerCount()).toBe(1);
    queue.cap.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
