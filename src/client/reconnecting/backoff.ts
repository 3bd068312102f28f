import { MAX_TIME } from '../../connection/options.js';

/** How long to wait before an attempt to connect. Times are in milliseconds. */
export interface Backoff {
  /** The longest wait before the first attempt after a connection was lost. */
  readonly initialDelay: number;
  /** The longest wait after any number of failures. */
  readonly maxDelay: number;
}

/**
 * Returns how long to wait before the next attempt: truncated binary exponential backoff (RFC 6455 §7.2.3) with full
 * jitter.
 *
 * @param failures how many attempts failed in succession, at least 1
 * @param retryAfter how long the server asked to wait. The random wait is added to it
 * @param random returns a number from 0 to below 1
 */
export function delayBefore(
  failures: number,
  { initialDelay, maxDelay }: Backoff,
  retryAfter: number,
  random: () => number,
): number {
  // 2 ** 1024 is Infinity, and 0 * Infinity is NaN. After 31 doublings, 1 ms exceeds every maxDelay.
  const longest = Math.min(maxDelay, initialDelay * 2 ** Math.min(failures - 1, 31));
  // A timer with a longer delay would fire at once.
  return Math.min(MAX_TIME, retryAfter + random() * longest);
}
