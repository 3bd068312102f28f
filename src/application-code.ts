/**
 * The only way to call application code: listeners, option functions, taps.
 *
 * If application code throws or rejects, at most one connection may end, and the failure must be reported once, with
 * the application's stack. So all of src/ calls application code with these functions:
 *
 *     emitTo()        calls the listeners of an event
 *     callSafely()    calls a function whose result is not needed
 *     synchronous()   checks that a result is not a promise
 *     booleanAnswer() checks that a result is true or false
 *     callOption()    calls an option function, and throws a HandlerError if it fails
 *     warn()          reports a failure that has no listener
 */

import type { EventEmitter } from 'node:events';
import { HandlerError, invalidReturn } from './errors.js';
import { isThenable } from './host-values.js';

/**
 * Emits an event. Returns whether there was a listener.
 *
 * The emitter must have the option `captureRejections`, which reports a listener that rejects to its method
 * `captureRejectionSymbol`.
 *
 * @param failed called with what a listener threw. It gets the emitter and the event, so one function can serve all
 *   emitters
 */
export function emitTo<Emitter extends EventEmitter>(
  emitter: Emitter,
  failed: (emitter: Emitter, event: string, thrown: unknown) => void,
  event: string,
  first?: unknown,
  second?: unknown,
): boolean {
  try {
    // A rest parameter would allocate an array per message.
    return second === undefined ? emitter.emit(event, first) : emitter.emit(event, first, second);
  } catch (thrown) {
    failed(emitter, event, thrown);
    return true;
  }
}

/**
 * Calls a function whose result is not needed. `failed` gets what the function throws, or what its promise rejects
 * with.
 */
export function callSafely(call: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    const answer = call();
    if (isThenable(answer)) answer.then(undefined, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/**
 * Returns `answer`, the result of an application function, unless it is a promise.
 *
 * @param name the name of the function, for the error
 * @param expected what the function may return
 * @throws {TypeError} for a promise, which then causes no unhandled rejection if it rejects later
 */
export function synchronous<T>(name: string, expected: string, answer: T): T {
  if (!isThenable(answer)) return answer;
  answer.then(undefined, () => {});
  throw invalidReturn(name, `${expected} synchronously`, answer);
}

/**
 * Returns `answer`, the result of an application function, if it is true or false.
 *
 * @throws {TypeError} for anything else
 */
export function booleanAnswer(name: string, answer: boolean): boolean {
  const given: unknown = synchronous(name, 'true or false', answer);
  if (typeof given !== 'boolean') throw invalidReturn(name, 'true or false', given);
  return given;
}

/**
 * Calls an option function that must not return a promise, and returns its result.
 *
 * @throws {HandlerError} if it throws or returns a promise
 */
export function callOption<T>(name: string, expected: string, call: () => T): T {
  try {
    return synchronous(name, expected, call());
  } catch (thrown) {
    throw new HandlerError(name, thrown, 'option');
  }
}

/** Emits a failure as a process warning with the stack of what the application threw. */
export function warn(error: HandlerError): void {
  // Node prints the `detail` of a warning, but neither its stack nor its cause.
  const detail = stackOf(error.cause);
  process.emitWarning(detail === undefined ? error : Object.assign(error, { detail }));
}

function stackOf(thrown: unknown): string | undefined {
  try {
    const { stack } = thrown as Error;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
