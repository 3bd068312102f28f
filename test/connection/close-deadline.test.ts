import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CloseDeadline } from '../../src/connection/close-deadline.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A deadline of 1 s, and what it reports when it passes, with the time since it began. */
function deadlineOf(timeout = 1_000) {
  const peer = { taken: 0, wasHeard: true, busyUntil: 0 };
  const begunAt = performance.now();
  const ends: Array<[time: number, message: string]> = [];
  const deadline = new CloseDeadline(timeout, peer, message => ends.push([performance.now() - begunAt, message]));
  return { deadline, peer, ends };
}

describe('CloseDeadline', () => {
  test('ends a peer that reads nothing of what was sent before our Close frame', () => {
    const { ends } = deadlineOf();
    vi.advanceTimersByTime(1_000);
    expect(ends).toEqual([
      [
        1_000,
        'the closing handshake failed: the peer did not take what was sent before our Close frame within 1000 ms (closeTimeout)',
      ],
    ]);
  });

  test('waits up to ten times the timeout for a peer that may still be reading', () => {
    const { peer, ends } = deadlineOf();
    peer.busyUntil = performance.now() + 3_000;
    const patient = deadlineOf();
    patient.peer.busyUntil = performance.now() + 60_000;
    vi.advanceTimersByTime(60_000);
    expect(ends[0]![0]).toBe(3_000);
    expect(patient.ends[0]![0]).toBe(10_000);
  });

  test.each(['takes', 'sends'] as const)('is extended while the peer %s bytes, up to ten times', what => {
    const { peer, ends } = deadlineOf();
    const progress = setInterval(() => {
      if (what === 'takes') peer.taken += 10;
      else peer.wasHeard = true;
    }, 100);
    vi.advanceTimersByTime(9_999);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ends).toEqual([[10_000, expect.stringContaining('within 10 x 1000 ms')]]);
    clearInterval(progress);
  });

  test('allows the full time for the answer after our Close frame has left', () => {
    const { deadline, peer, ends } = deadlineOf();
    vi.advanceTimersByTime(900);
    peer.taken = 10;
    deadline.left();
    vi.advanceTimersByTime(600);
    // A second call changes nothing.
    deadline.left();
    vi.advanceTimersByTime(399);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ends).toEqual([
      [1_900, 'the closing handshake failed: no Close frame arrived within 1000 ms (closeTimeout)'],
    ]);
  });

  test('adds the time that a slow peer needs for bytes in the kernel, up to ten times the timeout', () => {
    const slow = deadlineOf();
    slow.peer.busyUntil = performance.now() + 3_000;
    slow.deadline.left();
    const slower = deadlineOf();
    slower.peer.busyUntil = performance.now() + 60_000;
    slower.deadline.left();
    vi.advanceTimersByTime(60_000);
    expect(slow.ends[0]![0]).toBe(4_000);
    expect(slower.ends[0]![0]).toBe(10_000);
  });

  test.each([
    [1_000, 1_000],
    [10_000, 2_000],
  ])(
    'with closeTimeout %i, a client waits %i ms for the server to end TCP, whatever still comes',
    (timeout, expected) => {
      const { deadline, peer, ends } = deadlineOf(timeout);
      deadline.left();
      deadline.complete();
      deadline.complete();
      peer.wasHeard = true;
      vi.advanceTimersByTime(20_000);
      expect(ends).toEqual([[expected, 'the server did not end TCP after both Close frames']]);
    },
  );

  test('checks progress only when its time has passed', () => {
    const { deadline, peer, ends } = deadlineOf();
    vi.advanceTimersByTime(900);
    deadline.left();
    vi.advanceTimersByTime(50);
    peer.wasHeard = true;
    // At 1 s the timer finds that the deadline moved to 1.9 s, and at 1.9 s that bytes came.
    vi.advanceTimersByTime(10_000);
    expect(ends[0]![0]).toBe(2_900);
  });

  test('is not extended beyond the time that the peer may need', () => {
    const { peer, ends } = deadlineOf();
    peer.busyUntil = performance.now() + 1_300;
    vi.advanceTimersByTime(10_000);
    expect(ends[0]![0]).toBe(1_300);
  });

  test('leaves no timer when it is cleared', () => {
    const { deadline } = deadlineOf();
    deadline.clear();
    expect(vi.getTimerCount()).toBe(0);
  });
});
