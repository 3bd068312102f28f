/** Asynchronous zlib jobs of the whole process that run at once; each holds a context of up to 260 KiB. */
const CONCURRENCY = 10;

/** Lets jobs begin in the order in which they came, and only so many of them run at once. */
export class ZlibQueue {
  readonly #concurrency: number;
  readonly #waiting: Array<() => void> = [];
  #running = 0;

  constructor(concurrency: number = CONCURRENCY) {
    this.#concurrency = concurrency;
  }

  /** Calls `begin` as soon as there is room, perhaps at once. Whoever began calls leave() when it is over. */
  enter(begin: () => void): void {
    if (this.#running === this.#concurrency) {
      this.#waiting.push(begin);
      return;
    }
    this.#running++;
    begin();
  }

  /** Gives the place of one that began to the next. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

/** The one of this process: its thread pool is one, too. */
export const zlibQueue: ZlibQueue = new ZlibQueue();
