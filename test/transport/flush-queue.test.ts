import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { scheduleFlush } from '../../src/transport/flush-queue.js';

const flushed: string[] = [];
const flush = (...names: string[]) => {
  for (const name of names) scheduleFlush({ flushScheduled: () => flushed.push(name) });
};
const tick = () => new Promise<void>(resolve => process.nextTick(resolve));

beforeEach(async () => {
  await setImmediate();
  flushed.length = 0;
});

describe('scheduleFlush() of many connections', () => {
  beforeEach(async () => {
    flush('before', 'before');
    await setImmediate();
    flushed.length = 0;
  });

  test('flushes all of them after the callbacks of this turn, in order', async () => {
    flush('a', 'b');
    await tick();
    expect(flushed).toEqual([]);
    await setImmediate();
    expect(flushed).toEqual(['a', 'b']);
  });

  test('leaves flushes that a flush schedules to the next turn', async () => {
    scheduleFlush({
      flushScheduled: () => {
        flushed.push('first');
        flush('second');
      },
    });
    await setImmediate();
    expect(flushed).toEqual(['first']);
    await setImmediate();
    expect(flushed).toEqual(['first', 'second']);
  });
});

describe('scheduleFlush() of a single connection', () => {
  beforeEach(async () => {
    flush('before');
    await setImmediate();
    flushed.length = 0;
  });

  test('flushes after the current callback', async () => {
    flush('alone');
    expect(flushed).toEqual([]);
    await tick();
    expect(flushed).toEqual(['alone']);
  });

  test('flushes later connections of this turn at its end, and all of the next turn at its end', async () => {
    flush('alone');
    await tick();
    flush('not alone', 'any more');
    await tick();
    expect(flushed).toEqual(['alone']);
    await setImmediate();
    expect(flushed).toEqual(['alone', 'not alone', 'any more']);
    flush('crowd');
    await tick();
    expect(flushed).toHaveLength(3);
    await setImmediate();
    expect(flushed).toHaveLength(4);
    flush('alone again');
    await tick();
    expect(flushed.at(-1)).toBe('alone again');
  });
});
