import { nextTick, setImmediate } from '../timers.js';

/**
 * What the connections of one process have to send is written at the end of the event loop's turn: all that a connection said in
 * that turn leaves in one write, since writes are what sending costs, and writes that follow each other cost less.
 *
 * A connection that is alone in its turns would wait there for nobody: it is flushed as soon as the callback is over in which it spoke, which saves
 * 1 to 2 µs of a round trip of 25 (docs/performance.md).
 */
export interface Flushable {
  /** Must not throw: the connections after it would not be flushed. */
  flushScheduled(): void;
}

let queue: Flushable[] = [];
/** Connections that were flushed in this turn, and in the last one that had any. */
let flushed = 0;
let flushedBefore = 0;
let isTurnCounted = false;

/** Has `flushScheduled()` called behind the I/O callbacks of this turn, or sooner. To be asked for once until then. */
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
  // What is scheduled by a flush itself belongs to the next turn.
  queue = [];
  flushed += due.length;
  for (const flushable of due) flushable.flushScheduled();
}
