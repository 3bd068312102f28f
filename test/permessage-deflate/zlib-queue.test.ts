import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZlibQueue, zlibQueue } from '../../src/permessage-deflate/zlib-queue.js';

/** Lets `count` jobs enter, and tells which have begun. */
function entered(queue: ZlibQueue, count: number): number[] {
  const begun: number[] = [];
  for (let i = 0; i < count; i++) queue.enter(() => begun.push(i));
  return begun;
}

describe('ZlibQueue', () => {
  it('lets 10 jobs of the process run at once, unless told otherwise', () => {
    const begun = entered(new ZlibQueue(), 25);
    expect(begun).toHaveLength(10);
    expect(zlibQueue).toBeInstanceOf(ZlibQueue);
  });

  it('lets the next ones begin in the order in which they came, one for each that leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 40 }), (concurrency, count) => {
        const queue = new ZlibQueue(concurrency);
        const begun = entered(queue, count);
        for (let left = 0; left < count; left++) {
          expect(begun).toEqual(Array.from({ length: Math.min(count, concurrency + left) }, (_, i) => i));
          queue.leave();
        }
        // All have left, so that there is room for as many as at first.
        expect(entered(queue, 20)).toHaveLength(Math.min(20, concurrency));
      }),
    );
  });
});
