import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delayBefore } from '../../../src/client/reconnecting/backoff.js';
import { MAX_TIME } from '../../../src/connection/options.js';

const backoff = { initialDelay: 1_000, maxDelay: 10_000 };
const longest = (failures: number, retryAfter = 0) => delayBefore(failures, backoff, retryAfter, () => 1);

describe('delayBefore', () => {
  test('the longest wait doubles with each failure, up to maxDelay', () => {
    expect([1, 2, 3, 4, 5, 2_000].map(failures => longest(failures))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });

  test('the wait is a random part of the longest wait, after Retry-After', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.nat(100_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, retryAfter, chance) => {
          const delay = delayBefore(failures, backoff, retryAfter, () => chance);
          expect(delay).toBeCloseTo(retryAfter + chance * longest(failures), 6);
        },
      ),
    );
  });

  test('without an initial delay there is no wait, after any number of failures', () => {
    const none = { initialDelay: 0, maxDelay: 10_000 };
    expect([1, 2_000].map(failures => delayBefore(failures, none, 0, () => 1))).toEqual([0, 0]);
  });

  test('the wait never exceeds the longest delay of a timer', () => {
    const endless = { initialDelay: MAX_TIME, maxDelay: MAX_TIME };
    expect(delayBefore(9, endless, 3_600_000, () => 1)).toBe(MAX_TIME);
  });

  test('the first wait may be anything from 0 to initialDelay', () => {
    expect(delayBefore(1, backoff, 0, () => 0)).toBe(0);
    expect(delayBefore(1, backoff, 0, () => 0.5)).toBe(500);
  });
});
