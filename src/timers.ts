/**
 * The timer functions and the clock as they were when this module was loaded.
 *
 * Test runners replace the global ones (`vi.useFakeTimers()`, `mock.timers.enable()` of node:test, Jest, Sinon). A
 * timer that was started with a fake function may never fire, and all connections of the process share some timers. So
 * nothing in src/ calls the global functions. test/architecture.test.ts enforces it.
 */
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';

export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setInterval: typeof timers.setInterval = timers.setInterval;
export const clearInterval: typeof timers.clearInterval = timers.clearInterval;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;

const { nextTick: processNextTick } = process;
const { now: performanceNow } = performance;

/** Calls `callback` after the current operation, before any I/O. */
export function nextTick(callback: () => void): void {
  processNextTick(callback);
}

/** Returns the milliseconds since the start of the process, on a clock that never jumps. */
export function now(): number {
  return performanceNow.call(performance);
}
