/** Helpers of the methods of a connection that wait. */
import { checkSignal, onAbort } from '../abort-signal.js';
import { invalidType } from '../errors.js';
import { promptFailure } from './prompt-answer.js';

/** Options of the methods that wait. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the signal in the options of a method that waits.
 *
 * @throws {TypeError} if the options or the signal have the wrong type
 */
export function signalOf(options: WaitOptions): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  const { signal } = options;
  checkSignal(signal);
  return signal;
}

/** Calls a function that returns a promise. If it throws, returns a promise that rejects. */
export function rejectIfThrown<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return promptFailure(error);
  }
}

/**
 * Returns a promise of an answer that comes later. If `signal` is aborted first, the promise rejects with its reason.
 *
 * @param signal not aborted yet
 * @param begin starts to wait for the answer, which must not come before this returns. Returns a function that stops
 *   waiting.
 */
export function untilAnswered<T>(
  signal: AbortSignal | undefined,
  begin: (answer: (value: T) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopWaiting = begin(value => {
      stopListening();
      resolve(value);
    });
    const stopListening = onAbort(signal, () => {
      stopWaiting();
      reject(signal?.reason);
    });
  });
}
