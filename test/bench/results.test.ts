import { describe, expect, test } from 'vitest';
import {
  counting,
  distanceToTarget,
  type Results,
  type Sample,
  type ScenarioResult,
  summarise,
  withRows,
} from '../../bench/results.js';

const undisturbed = (...values: number[]): Sample[] => values.map(value => ({ value }));
const disturbed = (...values: number[]): Sample[] => values.map(value => ({ value, disturbed: 'others took 50 %' }));

describe('the statistics of some samples', () => {
  test('are the median, the minimum and the maximum', () => {
    expect(summarise(undisturbed(5, 1, 3))).toEqual({ median: 3, min: 1, max: 5, used: 3, of: 3 });
    expect(summarise(undisturbed(40, 1, 2, 3))).toMatchObject({ median: 2.5, min: 1, max: 40 });
  });

  test('sort samples as numbers', () => {
    expect(summarise(undisturbed(9, 10, 100))?.median).toBe(10);
  });

  test('leave out disturbed samples if three others remain, and say how many count', () => {
    const samples = [...disturbed(90, 91), ...undisturbed(1, 2, 3)];
    expect(summarise(samples)).toEqual({ median: 2, min: 1, max: 3, used: 3, of: 5 });
  });

  test('use all samples if fewer than three are undisturbed', () => {
    const samples = [...disturbed(90, 91), ...undisturbed(1, 2)];
    expect(counting(samples)).toBe(samples);
    expect(summarise(samples)).toMatchObject({ median: 46, used: 4, of: 4 });
  });

  test('can be for another figure, from the samples that have it', () => {
    const samples: Sample[] = [{ value: 1, p99: 7 }, { value: 2 }, { value: 3, p99: 9 }];
    expect(summarise(samples, 'p99')).toMatchObject({ median: 8, used: 2, of: 3 });
    expect(summarise(samples, 'rate')).toBeUndefined();
  });
});

describe('the distance to a target', () => {
  const result = (
    better: 'lower' | 'higher',
    against: string,
    ratio: number,
    ours: number,
    theirs: number,
  ): ScenarioResult => ({
    id: 'echo-16',
    title: '',
    metric: '',
    unit: '',
    better,
    target: { text: '', against, ratio },
    runs: [
      { contender: 'ws101', samples: undisturbed(ours) },
      { contender: 'ws', samples: undisturbed(theirs) },
    ],
  });

  test('is 1 if the target is reached exactly, and less if it is exceeded', () => {
    expect(distanceToTarget(result('lower', 'ws', 1 / 15, 1, 15))).toBeCloseTo(1);
    expect(distanceToTarget(result('lower', 'ws', 1 / 15, 0.5, 15))).toBeCloseTo(0.5);
    expect(distanceToTarget(result('higher', 'ws', 1, 24, 12))).toBeCloseTo(0.5);
  });

  test('may be to a fixed value', () => {
    expect(distanceToTarget(result('lower', 'fixed', 5, 10, 0))).toBe(2);
  });

  test('is unknown without a target, or without the other contender', () => {
    const { target: _, ...without } = result('lower', 'ws', 1, 1, 1);
    expect(distanceToTarget(without)).toBeUndefined();
    expect(distanceToTarget(result('lower', 'bun', 1, 1, 1))).toBeUndefined();
  });
});

describe('rows that were measured again', () => {
  const machine = { cpu: 'x', cores: 2, memoryGiB: 8, kernel: 'Linux', node: 'v20', date: '2026-01-01', pinned: true };
  const row = (id: string, value: number): ScenarioResult => ({
    id,
    title: id,
    metric: 'CPU',
    unit: 'µs',
    better: 'lower',
    runs: [{ contender: 'ws101', samples: [{ value }] }],
  });
  const contenders = [{ id: 'ws101', label: 'ws101', version: '1' }];
  const before: Results = { machine, mode: 'full', rounds: 7, contenders, scenarios: [row('a', 1), row('b', 2)] };

  test('replace those of the same scenarios only', () => {
    const anew = { ...before, machine: { ...machine, date: '2026-02-02' }, scenarios: [row('b', 3)] };
    const merged = withRows(before, anew);
    expect(merged.scenarios).toEqual([row('a', 1), row('b', 3)]);
    expect(withRows(before, { ...before, scenarios: [row('c', 4)] }).scenarios).toEqual([
      ...before.scenarios,
      row('c', 4),
    ]);
    expect(merged.machine.date).toBe('2026-02-02');
  });

  test('are not mixed with rows from another machine or version', () => {
    const elsewhere = { ...before, machine: { ...machine, cpu: 'y' } };
    const newer = { ...before, contenders: [{ id: 'ws101', label: 'ws101', version: '2' }] };
    for (const anew of [elsewhere, newer]) expect(() => withRows(before, anew)).toThrow(RangeError);
  });
});
