import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZlibQueue, zlibQueue } from '../../src/permessage-deflate/zlib-queue.js';

/** Adds `count` jobs. Returns those that have begun, in order. */
function entered(queue: ZlibQueue, count: number): number[] {
  const begun: number[] = [];
  for (let i = 0; i < count; i++) queue.enter(() => begun.push(i));
  return begun;
}

describe('ZlibQueue', () => {
  test('runs 10 jobs at the same time by default', () => {
    const begun = entered(new ZlibQueue(), 25);
    expect(begun).toHaveLength(10);
    expect(zlibQueue).toBeInstanceOf(ZlibQueue);
  });

  test('starts waiting jobs in the order in which they were added, one for each that leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 40 }), (concurrency, count) => {
        const queue = new ZlibQueue(concurrency);
        const begun = entered(queue, count);
        for (let left = 0; left < count; left++) {
          expect(begun).toEqual(Array.from({ length: Math.min(count, concurrency + left) }, (_, i) => i));
          queue.leave();
        }
        // All jobs have left, so there is room for as many as at first.
        expect(entered(queue, 20)).toHaveLength(Math.min(20, concurrency));
      }),
    );
  });
});
