const SMALLEST = 256;

const NO_BYTES = new Uint8Array(0);

/**
 * Bytes that come in pieces, copied into one block that grows by doubling: a peer that sends one byte at a time costs at most
 * twice its bytes, and no chunk of a socket is kept alive by a few bytes of it.
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

  /** What has come so far: a view, true until the next append() or clear(). */
  view(): Uint8Array<ArrayBuffer> {
    return this.#block.subarray(0, this.#length);
  }

  /** Forgets the content and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }
}
