import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { scheduleFlush } from '../../src/connection/flush-queue.js';

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

  it('flushes all behind this turn’s callbacks, in order', async () => {
    flush('a', 'b');
    await tick();
    expect(flushed).toEqual([]);
    await setImmediate();
    expect(flushed).toEqual(['a', 'b']);
  });

  it('leaves what a flush itself schedules to the next turn', async () => {
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

describe('scheduleFlush() of a connection that is alone', () => {
  beforeEach(async () => {
    flush('before');
    await setImmediate();
    flushed.length = 0;
  });

  it('flushes behind the callback in which it spoke', async () => {
    flush('alone');
    expect(flushed).toEqual([]);
    await tick();
    expect(flushed).toEqual(['alone']);
  });

  it('flushes those that come behind it in this turn at its end, and waits with all in the next', async () => {
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
