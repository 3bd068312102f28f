import { untilAnswered } from './wait.js';

/** What waits until no more than the high-water mark is to be sent: calls of drained(), and a stream of pieces. */
export class DrainWaits {
  #drained: Set<(isOpen: boolean) => void> | undefined;
  #stream: ((isOpen: boolean) => void) | undefined;

  /** Waits for drained(), or for its signal. */
  add(signal: AbortSignal | undefined): Promise<boolean> {
    return untilAnswered(signal, answer => {
      this.#drained ??= new Set();
      const waits = this.#drained.add(answer);
      return () => waits.delete(answer);
    });
  }

  /** Waits for streamFlows(). Only one stream is sent at a time. */
  addStream(): Promise<boolean> {
    return new Promise(resolve => {
      this.#stream = resolve;
    });
  }

  /** Answers the calls of drained(): true if so little waits, false if the connection is no longer open. */
  drained(isOpen: boolean): void {
    const waits = this.#drained;
    this.#drained = undefined;
    for (const answer of waits ?? []) answer(isOpen);
  }

  /** Lets the stream go on, or end if the connection has closed. */
  streamFlows(isOpen: boolean): void {
    const answer = this.#stream;
    this.#stream = undefined;
    answer?.(isOpen);
  }
}
