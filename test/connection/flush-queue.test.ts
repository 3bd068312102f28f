import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { scheduleFlush } from '../../src/connection/flush-queue.js';

describe('scheduleFlush()', () => {
  it('flushes all behind this turn’s callbacks, in order', async () => {
    const flushed: string[] = [];
    scheduleFlush({ flushScheduled: () => flushed.push('a') });
    scheduleFlush({ flushScheduled: () => flushed.push('b') });
    await Promise.resolve();
    expect(flushed).toEqual([]);
    await setImmediate();
    expect(flushed).toEqual(['a', 'b']);
  });

  it('leaves what a flush itself schedules to the next turn', async () => {
    const flushed: string[] = [];
    scheduleFlush({
      flushScheduled: () => {
        flushed.push('first');
        scheduleFlush({ flushScheduled: () => flushed.push('second') });
      },
    });
    await setImmediate();
    expect(flushed).toEqual(['first']);
    await setImmediate();
    expect(flushed).toEqual(['first', 'second']);
  });
});
