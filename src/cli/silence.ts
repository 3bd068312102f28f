import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The longest wait, as a multiple of the silence: a server that never falls silent must not keep the command running.
 */
const MAX_SILENCES = 10;

/** The longest delay of a timer in Node. */
const MAX_DELAY = 2 ** 31 - 1;

/** Waits until a connection has been silent for a while, at most MAX_SILENCES times as long in all. */
export class Silence {
  readonly #length: number;
  #lastActivity = performance.now();
  #hold: Promise<unknown> | undefined;

  /** @param length in milliseconds */
  constructor(length: number) {
    this.#length = length;
  }

  /** Restarts the silence: something was sent or received. */
  interrupt(): void {
    this.#lastActivity = performance.now();
  }

  /** Prevents reached() from resolving until `released` resolves. Nothing can be received before then. */
  hold(released: Promise<unknown>): void {
    const hold = released.then(() => {
      this.interrupt();
      if (this.#hold === hold) this.#hold = undefined;
    });
    this.#hold = hold;
  }

  /** Resolves when the connection has been silent for long enough, or when `signal` aborts. */
  async reached(signal: AbortSignal): Promise<void> {
    this.interrupt();
    const deadline = performance.now() + this.#length * MAX_SILENCES;
    while (!signal.aborted) {
      const remaining = Math.min(this.#lastActivity + this.#length, deadline) - performance.now();
      if (remaining > 0) await sleep(Math.min(remaining, MAX_DELAY), undefined, { signal }).catch(() => {});
      else if (this.#hold !== undefined) await this.#hold;
      else return;
    }
  }
}
