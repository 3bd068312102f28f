import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deadline } from '../../src/connection/deadline.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A deadline, and how many times it has passed. */
function counted() {
  const count = { passed: 0 };
  return { count, deadline: new Deadline(() => count.passed++) };
}

describe('Deadline', () => {
  test('passes once, when its time is over', () => {
    const { deadline, count } = counted();
    deadline.start(100);
    expect(deadline.isRunning).toBe(true);
    vi.advanceTimersByTime(99);
    expect(count.passed).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(count.passed).toBe(1);
    expect(deadline.isRunning).toBe(false);
  });

  test('restarts with start(), and never passes after clear()', () => {
    const { deadline, count } = counted();
    deadline.start(100);
    vi.advanceTimersByTime(60);
    deadline.start(100);
    vi.advanceTimersByTime(60);
    expect(count.passed).toBe(0);
    deadline.clear();
    vi.advanceTimersByTime(1_000);
    expect(count.passed).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a Deadline whose timer fires late', () => {
  /** Fires the timer 50 ms late, as if something had blocked the event loop. */
  function fireLate(deadline: Deadline): void {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const late = vi.spyOn(performance, 'now');
    deadline.start(100);
    late.mockReturnValue(performance.now() + 150);
    vi.advanceTimersByTime(100);
    late.mockRestore();
    vi.useRealTimers();
  }

  test('passes after the I/O of the turn', async () => {
    const { deadline, count } = counted();
    fireLate(deadline);
    expect(count.passed).toBe(0);
    await new Promise(resolve => setImmediate(resolve));
    expect(count.passed).toBe(1);
  });

  test('does not pass if the I/O cleared it', async () => {
    const { deadline, count } = counted();
    fireLate(deadline);
    deadline.clear();
    await new Promise(resolve => setImmediate(resolve));
    expect(count.passed).toBe(0);
  });
});
