import { invalidType } from './errors.js';

/** The callbacks that wait for a signal, and the one listener that calls them. */
interface Waiters {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waitersOf = new WeakMap<AbortSignal, Waiters>();

/**
 * Checks that `value` is an AbortSignal or undefined. The check is by shape, since a signal of another realm (node:vm,
 * jest-environment-jsdom) is not an instance of our AbortSignal.
 *
 * @throws {TypeError}
 */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value === undefined) return;
  const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
  const isSignal =
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  if (!isSignal) throw invalidType('signal', 'an AbortSignal', value);
}

/**
 * Calls `callback` when `signal` is aborted, but not if it is aborted already: check `signal.aborted` first.
 *
 * All callbacks of a signal share one listener, since Node warns of a memory leak if a signal has more than ten.
 *
 * @returns a function that removes `callback`
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  const { callbacks, listener } = waitersOf.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0 || signal.aborted) return;
    signal.removeEventListener('abort', listener);
    waitersOf.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiters {
  const callbacks = new Set<() => void>();
  const listener = () => {
    waitersOf.delete(signal);
    for (const callback of callbacks) callback();
  };
  const waiters = { callbacks, listener };
  waitersOf.set(signal, waiters);
  signal.addEventListener('abort', listener, { once: true });
  return waiters;
}
