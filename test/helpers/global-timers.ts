/**
 * Replaces src/timers.ts in tests that control time:
 * `vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'))`.
 * Each call looks up the global function, so that vi.useFakeTimers() and spies take effect.
 */
export const setTimeout: typeof globalThis.setTimeout = ((...args: Parameters<typeof globalThis.setTimeout>) =>
  globalThis.setTimeout(...args)) as typeof globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = timer => globalThis.clearTimeout(timer);
export const setInterval: typeof globalThis.setInterval = ((...args: Parameters<typeof globalThis.setInterval>) =>
  globalThis.setInterval(...args)) as typeof globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = timer => globalThis.clearInterval(timer);
export const setImmediate: typeof globalThis.setImmediate = ((...args: Parameters<typeof globalThis.setImmediate>) =>
  globalThis.setImmediate(...args)) as typeof globalThis.setImmediate;

export function nextTick(callback: () => void): void {
  process.nextTick(callback);
}

export function now(): number {
  return performance.now();
}
