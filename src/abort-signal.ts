import { invalidType } from './errors.js';

/** The functions that wait for a signal, and the one listener that calls them. */
interface Waiters {
  readonly functions: Set<() => void>;
  readonly listener: () => void;
}

const waitersOf = new WeakMap<AbortSignal, Waiters>();

/**
 * Checks that a value is an AbortSignal, by its shape. That of another realm (node:vm, jest-environment-jsdom) is no instance of ours.
 *
 * @throws {TypeError} if it is something else; undefined passes
 */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value === undefined) return;
  const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
  const isSignal =
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  if (!isSignal) throw invalidType('signal', 'an AbortSignal', value);
}

/**
 * Calls `callback` when `signal` is aborted. A signal that was aborted before never calls it: check `signal.aborted` first.
 *
 * Any number of callbacks share one listener. Node warns of a memory leak as soon as a signal has more than ten.
 *
 * @returns the function that takes `callback` back
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  const { functions, listener } = waitersOf.get(signal) ?? listen(signal);
  functions.add(callback);
  return () => {
    if (!functions.delete(callback) || functions.size > 0 || signal.aborted) return;
    signal.removeEventListener('abort', listener);
    waitersOf.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiters {
  const functions = new Set<() => void>();
  const listener = () => {
    waitersOf.delete(signal);
    for (const callback of functions) callback();
  };
  const waiters = { functions, listener };
  waitersOf.set(signal, waiters);
  signal.addEventListener('abort', listener, { once: true });
  return waiters;
}
