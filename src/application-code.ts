/**
 * The one way into application code: listeners, functions among the options, taps.
 *
 * Whatever application code throws, or rejects a promise with, must end at most one connection and be reported once, with the
 * application's stack. So nothing in src/ calls it but through these functions:
 *
 *     emitTo()        the listeners of an event
 *     callSafely()    a function whose answer nobody needs
 *     synchronous()   checks the answer of a function that must answer at once
 *     booleanAnswer() the same for one that must return true or false
 *     callOption()    an option that must answer at once: a failure is a HandlerError that names the option
 *     warn()          reports a failure where nobody listens for it
 */

import type { EventEmitter } from 'node:events';
import { HandlerError, invalidReturn } from './errors.js';
import { isThenable } from './host-values.js';

/**
 * Emits an event. Returns whether there was a listener.
 *
 * The emitter must have been made with `captureRejections`: it reports listeners that reject by its method `captureRejectionSymbol`.
 *
 * @param failed called with what a listener threw. (It gets the emitter and the event, so that one function can serve all of them.)
 */
export function emitTo<Emitter extends EventEmitter>(
  emitter: Emitter,
  failed: (emitter: Emitter, event: string, thrown: unknown) => void,
  event: string,
  first?: unknown,
  second?: unknown,
): boolean {
  try {
    // A rest parameter would allocate an array for each message.
    return second === undefined ? emitter.emit(event, first) : emitter.emit(event, first, second);
  } catch (thrown) {
    failed(emitter, event, thrown);
    return true;
  }
}

/** Calls a function whose answer nobody needs. `failed` gets what it throws, or what the promise that it returns rejects with. */
export function callSafely(call: () => unknown, failed: (thrown: unknown) => void): void {
  try {
    const answer = call();
    if (isThenable(answer)) answer.then(undefined, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/**
 * Returns the answer of a function that must answer at once.
 *
 * @param name the function, as the error is to call it
 * @param expected what it may return
 * @throws {TypeError} for a promise. Should that reject later, it does not become an unhandled rejection.
 */
export function synchronous<T>(name: string, expected: string, answer: T): T {
  if (!isThenable(answer)) return answer;
  answer.then(undefined, () => {});
  throw invalidReturn(name, `${expected} synchronously`, answer);
}

/**
 * Returns the answer of a function that must say at once whether.
 *
 * @throws {TypeError} for anything but true and false
 */
export function booleanAnswer(name: string, answer: boolean): boolean {
  const given: unknown = synchronous(name, 'true or false', answer);
  if (typeof given !== 'boolean') throw invalidReturn(name, 'true or false', given);
  return given;
}

/**
 * Calls a function among the options that must answer at once, and returns its answer.
 *
 * @throws {HandlerError} if it throws, or returns a promise
 */
export function callOption<T>(name: string, expected: string, call: () => T): T {
  try {
    return synchronous(name, expected, call());
  } catch (thrown) {
    throw new HandlerError(name, thrown, 'option');
  }
}

/** Reports a failure as a warning of the process, which shows the stack of what the application threw. */
export function warn(error: HandlerError): void {
  // Node prints a warning without its stack and its cause, but with its `detail`.
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
