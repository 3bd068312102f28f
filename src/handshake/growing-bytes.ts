const SMALLEST = 256;

const NO_BYTES = new Uint8Array(0);

/**
 * Collects bytes that arrive in pieces in one block, which grows by doubling. A peer that sends single bytes costs at
 * most twice its bytes, and a few bytes do not keep a whole chunk of a socket in memory.
 */
export class GrowingBytes {
  #block: Uint8Array<ArrayBuffer> = NO_BYTES;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends `chunk[start, end)`. */
  append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#block.length) {
      const larger = new Uint8Array(Math.max(SMALLEST, length, this.#block.length * 2));
      larger.set(this.#block.subarray(0, this.#length));
      this.#block = larger;
    }
    this.#block.set(chunk.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** Returns the bytes so far, as a view that is valid until the next append() or clear(). */
  view(): Uint8Array<ArrayBuffer> {
    return this.#block.subarray(0, this.#length);
  }

  /** Removes the content and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }
}
