/** A call of flushed() that waits. */
interface FlushWait {
  /** How many bytes must have left; undefined while messages before it are not encoded yet. */
  position: number | undefined;
  readonly answer: (haveLeft: boolean) => void;
}

/** The calls of flushed() of one connection, with the position in the output that each waits for. */
export class FlushWaits {
  readonly #waits = new Set<FlushWait>();

  /** Adds a wait. `answer` is called once: with true when the position is reached, or with false at the end. */
  add(position: number | undefined, answer: (haveLeft: boolean) => void): FlushWait {
    const wait = { position, answer };
    this.#waits.add(wait);
    return wait;
  }

  delete(wait: FlushWait): void {
    this.#waits.delete(wait);
  }

  /** Resolves the waits whose bytes have left. */
  left(total: number): void {
    for (const wait of this.#waits) {
      if (wait.position === undefined || wait.position > total) continue;
      this.#waits.delete(wait);
      wait.answer(true);
    }
  }

  /** Resolves all waits, because no more bytes will leave. */
  end(total: number): void {
    this.left(total);
    for (const { answer } of this.#waits) answer(false);
    this.#waits.clear();
  }
}
