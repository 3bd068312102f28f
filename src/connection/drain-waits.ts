import { untilAnswered } from './wait.js';

/**
 * The promises that wait until at most `highWaterMark` bytes wait: those of drained(), and that of a stream of pieces.
 */
export class DrainWaits {
  #drained: Set<(isOpen: boolean) => void> | undefined;
  #stream: ((isOpen: boolean) => void) | undefined;

  /** Returns a promise that drained() resolves, or that rejects when the signal aborts. */
  add(signal: AbortSignal | undefined): Promise<boolean> {
    return untilAnswered(signal, answer => {
      this.#drained ??= new Set();
      const waits = this.#drained.add(answer);
      return () => waits.delete(answer);
    });
  }

  /** Returns a promise that streamFlows() resolves. Only one stream is sent at a time. */
  addStream(): Promise<boolean> {
    return new Promise(resolve => {
      this.#stream = resolve;
    });
  }

  /**
   * Resolves the calls of drained(): to true if at most `highWaterMark` bytes wait, to false if the connection is no
   * longer open.
   */
  drained(isOpen: boolean): void {
    const waits = this.#drained;
    this.#drained = undefined;
    for (const answer of waits ?? []) answer(isOpen);
  }

  /** Lets the stream continue, or end if the connection has closed. */
  streamFlows(isOpen: boolean): void {
    const answer = this.#stream;
    this.#stream = undefined;
    answer?.(isOpen);
  }
}
