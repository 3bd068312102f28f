import { Fifo } from '../fifo.js';

/** How many zlib jobs of the process run at the same time. Each holds up to 260 KiB. */
const CONCURRENCY = 10;

/** Starts jobs in the order in which they were added, and limits how many run at the same time. */
export class ZlibQueue {
  readonly #concurrency: number;
  readonly #waiting = new Fifo<() => void>();
  #running = 0;

  constructor(concurrency: number = CONCURRENCY) {
    this.#concurrency = concurrency;
  }

  /** Calls `begin` as soon as there is room, perhaps now. The job must call leave() when it has ended. */
  enter(begin: () => void): void {
    if (this.#running === this.#concurrency) {
      this.#waiting.push(begin);
      return;
    }
    this.#running++;
    begin();
  }

  /** Ends a job, and starts the next one. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

/** The queue of this process, which has one thread pool. */
export const zlibQueue: ZlibQueue = new ZlibQueue();
