/**
 * What the connections of one process have to send is written at the end of the event loop's turn: all that a connection said in
 * that turn leaves in one write, since writes are what sending costs.
 */
export interface Flushable {
  flushScheduled(): void;
}

let queue: Flushable[] = [];

/** Has `flushScheduled()` called behind the I/O callbacks of this turn. To be asked for once until then. */
export function scheduleFlush(flushable: Flushable): void {
  if (queue.length === 0) setImmediate(flushAll);
  queue.push(flushable);
}

function flushAll(): void {
  const due = queue;
  // What is scheduled by a flush itself belongs to the next turn.
  queue = [];
  for (const flushable of due) flushable.flushScheduled();
}
