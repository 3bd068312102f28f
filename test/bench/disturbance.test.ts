import { describe, expect, test } from 'vitest';
import { disturbance } from '../../bench/disturbance.js';
import type { Report } from '../../bench/load/generator.js';

const QUIET: Report = {
  messages: 1e6,
  seconds: 2,
  cpu: 2,
  generatorCpu: 1,
  othersCpu: 0.1,
  stolen: 0.01,
  waited: 0.01,
  generatorWaited: 0.01,
  p50: 100,
  p90: 150,
  p99: 200,
  p999: 300,
  errors: 0,
};

describe('a sample is disturbed', () => {
  test('not if the machine did nothing else', () => {
    expect(disturbance(QUIET)).toBeUndefined();
  });

  test.each<[keyof Report, number, string]>([
    ['othersCpu', 0.5, 'other programs took 25 % of a core'],
    ['stolen', 0.2, 'the host took 10 % of a core'],
    ['generatorWaited', 0.4, 'the generator waited for a core for 20 % of the time'],
    ['errors', 3, '3 errors'],
  ])('by %s of %d', (figure, value, reason) => {
    expect(disturbance({ ...QUIET, [figure]: value })).toBe(reason);
  });

  test('if the generator limited the rate, not the server', () => {
    expect(disturbance({ ...QUIET, generatorCpu: 1.98, cpu: 1 })).toBe('the generator was the bottleneck, at 99 %');
    expect(disturbance({ ...QUIET, generatorCpu: 1.98 })).toBeUndefined();
  });

  test('by several reasons', () => {
    expect(disturbance({ ...QUIET, errors: 1, stolen: 1 })).toBe('1 errors, the host took 50 % of a core');
  });
});
