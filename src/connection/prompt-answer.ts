import { setImmediate } from '../timers.js';

/** Answers in one turn of the event loop that come without a wait. */
const MOST_PER_TURN = 64;

let answers = 0;

function endTurn(): void {
  answers = 0;
}

/**
 * A promise of an answer that is known already. It resolves at once, but only so often in one turn of the event loop; then it resolves in
 * the next turn. A loop that awaits nothing else would never let a turn end.
 */
export function promptAnswer<T>(value: T): Promise<T> {
  return isPrompt() ? Promise.resolve(value) : new Promise(resolve => setImmediate(resolve, value));
}

/** The same for a promise that rejects: the loop may catch that. */
export function promptFailure(reason: unknown): Promise<never> {
  return isPrompt() ? Promise.reject(reason) : new Promise((_, reject) => setImmediate(reject, reason));
}

function isPrompt(): boolean {
  if (answers === 0) setImmediate(endTurn);
  return ++answers <= MOST_PER_TURN;
}
