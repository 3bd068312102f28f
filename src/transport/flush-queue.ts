import { nextTick, setImmediate } from '../timers.js';

/**
 * A connection with output to write at the end of the current turn of the event loop.
 *
 * Writing is the largest cost of sending, so everything that a connection sends in one turn leaves in one write. Writes
 * that directly follow each other also cost less.
 *
 * If only one connection sends in a turn, waiting for the end of the turn gains nothing. It is flushed after the
 * current callback, which saves 1 to 2 µs of a round trip of 25 µs (docs/performance.md).
 */
export interface Flushable {
  /** Must not throw, because later connections would then not be flushed. */
  flushScheduled(): void;
}

let queue: Flushable[] = [];
/** How many connections were flushed in this turn, and in the last turn that flushed any. */
let flushed = 0;
let flushedBefore = 0;
let isTurnCounted = false;

/** Calls `flushScheduled()` after the I/O callbacks of this turn, or sooner. Must not be called again before that. */
export function scheduleFlush(flushable: Flushable): void {
  if (!isTurnCounted) {
    isTurnCounted = true;
    setImmediate(endTurn);
  }
  if (queue.length === 0 && flushed === 0 && flushedBefore <= 1) nextTick(flushAll);
  queue.push(flushable);
}

function endTurn(): void {
  isTurnCounted = false;
  flushAll();
  flushedBefore = flushed;
  flushed = 0;
}

function flushAll(): void {
  const due = queue;
  // Connections that are scheduled during a flush belong to the next turn.
  queue = [];
  flushed += due.length;
  for (const flushable of due) flushable.flushScheduled();
}
