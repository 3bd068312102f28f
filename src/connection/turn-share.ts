import { now, setImmediate } from '../timers.js';

/**
 * Limits how long one connection may work in one turn of the event loop. All other connections wait meanwhile. So a
 * connection with a busy peer stops when its share is used up, and continues in the next turn, after the others.
 */

/** The share of one connection, in milliseconds per turn. */
const SHARE = 5;

/** The connection that is working. Only one works at a time, so the share is kept here and not in each connection. */
let worker: object | undefined;
let begunAt = 0;
let messages = 0;

/** Notes that `connection` is working. Its share begins if another connection worked before. */
export function beginShare(connection: object): void {
  if (worker === connection) return;
  // Immediates run after the I/O of the turn.
  if (worker === undefined) setImmediate(endTurn);
  worker = connection;
  begunAt = now();
}

function endTurn(): void {
  worker = undefined;
}

/** Whether the connection that is working has used up its share. */
export function isShareUsedUp(): boolean {
  return now() - begunAt > SHARE;
}

/** Reading the clock costs a third as much as a small message, so it isn't read for every message. */
const MESSAGES_PER_CHECK = 16;

/** Counts a message. Returns whether the share is used up; false if the clock was not read. */
export function countMessage(): boolean {
  return ++messages % MESSAGES_PER_CHECK === 0 && isShareUsedUp();
}
