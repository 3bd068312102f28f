import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Budgets, isFailure, judge, renew } from './budgets.js';

const BUDGETS: Budgets = {
  'echo.writes': { budget: 31.25, unit: 'writes', tolerance: 0, why: 'one write a turn' },
  'echo.heap': { budget: 100, unit: 'bytes', tolerance: 0.05, why: 'a Buffer' },
};

function verdicts(counts: Record<string, number>): Record<string, string> {
  return Object.fromEntries(judge(BUDGETS, counts).map(({ name, verdict }) => [name, verdict]));
}

describe('a budget of the guard', () => {
  test('is met within its tolerance', () => {
    expect(verdicts({ 'echo.writes': 31.25, 'echo.heap': 105 })).toEqual({
      'echo.writes': 'kept',
      'echo.heap': 'kept',
    });
  });

  test('near zero still tolerates one byte', () => {
    const budgets = { 'echo.buffers': { ...BUDGETS['echo.heap']!, budget: 0.003 } };
    expect(judge(budgets, { 'echo.buffers': 1 })[0]!.verdict).toBe('kept');
    expect(judge(budgets, { 'echo.buffers': 2 })[0]!.verdict).toBe('WORSE');
  });

  test('fails if the count is worse, or not a number', () => {
    expect(verdicts({ 'echo.writes': 31.28, 'echo.heap': 105.1 })).toEqual({
      'echo.writes': 'WORSE',
      'echo.heap': 'WORSE',
    });
    expect(verdicts({ 'echo.writes': Number.NaN, 'echo.heap': 100 })['echo.writes']).toBe('WORSE');
    expect(isFailure('WORSE')).toBe(true);
  });

  test('asks to be lowered if the count is better, and does not fail', () => {
    expect(verdicts({ 'echo.writes': 20, 'echo.heap': 96 })).toEqual({
      'echo.writes': 'better: lower the budget',
      'echo.heap': 'kept',
    });
    expect(isFailure('better: lower the budget')).toBe(false);
  });

  test('fails if it was not counted, and so does a count without a budget', () => {
    expect(verdicts({ 'echo.writes': 31.25, 'echo.other': 1 })).toMatchObject({
      'echo.heap': 'NOT COUNTED',
      'echo.other': 'NO BUDGET',
    });
    expect(isFailure('NOT COUNTED')).toBe(true);
    expect(isFailure('NO BUDGET')).toBe(true);
  });

  test('takes the new count when it is renewed, and keeps its reason', () => {
    const renewed = renew(BUDGETS, { 'echo.heap': 87.65432 });
    expect(renewed['echo.heap']).toEqual({ ...BUDGETS['echo.heap'], budget: 87.65 });
    expect(renewed['echo.writes']).toEqual(BUDGETS['echo.writes']);
  });
});

test('every committed budget has a reason, and a tolerance of at most 20 %', () => {
  const budgets = JSON.parse(readFileSync(new URL('./budgets.json', import.meta.url), 'utf8')) as Budgets;
  for (const [name, { budget, tolerance, unit, why }] of Object.entries(budgets)) {
    expect(budget, name).toBeGreaterThanOrEqual(0);
    expect(tolerance, name).toBeLessThanOrEqual(0.2);
    expect(unit, name).not.toBe('');
    expect(why, name).not.toBe('');
  }
});
