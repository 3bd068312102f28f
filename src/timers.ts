/**
 * The timer functions and the clock as they were when this module was loaded.
 *
 * Test runners replace the global ones (`vi.useFakeTimers()`, `mock.timers.enable()` of node:test, Jest, Sinon). Timers of a connection
 * that were started with fake functions would never fire, and every connection of the process shares some of them. So nothing in src/
 * calls the global functions: a test in test/architecture.test.ts enforces it.
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

/** Calls `callback` after the current operation, before any I/O and before promises that settle later. */
export function nextTick(callback: () => void): void {
  processNextTick(callback);
}

/** Milliseconds on a clock that never jumps, counted from the start of the process. */
export function now(): number {
  return performanceNow.call(performance);
}
