import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlidingWindow } from '../../src/permessage-deflate/sliding-window.js';

describe('SlidingWindow (RFC 1951 §2.3)', () => {
  test('keeps the last bytes that were appended, in no more memory than its size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 64 }), (pieces, size) => {
        const window = new SlidingWindow(size);
        let all = Buffer.alloc(0);
        for (const piece of pieces) {
          window.append(piece);
          all = Buffer.concat([all, piece]);
          expect(Buffer.from(window.bytes)).toEqual(all.subarray(Math.max(0, all.length - size)));
          expect(Buffer.from(window.last(5))).toEqual(all.subarray(Math.max(0, all.length - Math.min(5, size))));
          expect(window.capacity).toBeLessThanOrEqual(Math.min(size, 2 * all.length));
        }
      }),
    );
  });

  test('copies what is appended', () => {
    const window = new SlidingWindow(4);
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    window.append(bytes);
    bytes.fill(0);
    expect([...window.bytes]).toEqual([2, 3, 4, 5]);
  });

  test('holds no memory before the first append() and after clear()', () => {
    const window = new SlidingWindow(4);
    expect(window.capacity).toBe(0);
    window.append(Uint8Array.of(1));
    window.clear();
    expect(window.capacity).toBe(0);
    expect([...window.bytes]).toEqual([]);
  });
});
