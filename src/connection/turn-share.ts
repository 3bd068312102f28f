import { now, setImmediate } from '../timers.js';

/**
 * What one connection has taken of the present turn of the event loop. Whatever it takes, all others wait for: so a busy peer's
 * connection stops at its share, and goes on in the next turn, behind them.
 */

/** Milliseconds of one turn that one connection may take. */
const SHARE = 5;

/** The connection that is at work in this turn: one at a time is, so this needs no place in each of them. */
let worker: object | undefined;
let begunAt = 0;
let messages = 0;

/** Says that `connection` is at work. Its share begins when another one had the turn before. */
export function beginShare(connection: object): void {
  if (worker === connection) return;
  // Behind the turn's I/O, where immediates run.
  if (worker === undefined) setImmediate(endTurn);
  worker = connection;
  begunAt = now();
}

function endTurn(): void {
  worker = undefined;
}

/** Whether the connection that began last has had its share. */
export function isShareUsedUp(): boolean {
  return now() - begunAt > SHARE;
}

/** A look at the clock costs a third of what a small message does, so not every message has one. */
const MESSAGES_PER_LOOK = 16;

/** Counts a message. Gives whether the share is used up, as far as it looked. */
export function countMessage(): boolean {
  return ++messages % MESSAGES_PER_LOOK === 0 && isShareUsedUp();
}
