import { setImmediate } from '../timers.js';

/** How many promises may resolve at once in one turn of the event loop. */
const MOST_PER_TURN = 64;

let answers = 0;

function endTurn(): void {
  answers = 0;
}

/**
 * Returns a promise of a known value. The first 64 in one turn of the event loop resolve at once, later ones in the
 * next turn. Otherwise a loop that awaits nothing else would never let the turn end.
 */
export function promptAnswer<T>(value: T): Promise<T> {
  return isPrompt() ? Promise.resolve(value) : new Promise(resolve => setImmediate(resolve, value));
}

/** Does the same for a promise that rejects, because the loop may catch the error. */
export function promptFailure(reason: unknown): Promise<never> {
  return isPrompt() ? Promise.reject(reason) : new Promise((_, reject) => setImmediate(reject, reason));
}

function isPrompt(): boolean {
  if (answers === 0) setImmediate(endTurn);
  return ++answers <= MOST_PER_TURN;
}
