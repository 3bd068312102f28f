const EMPTY = new Uint8Array(0);

/** The last bytes of all messages of one direction, which the next message may refer to (RFC 1951 §2.3). */
export class SlidingWindow {
  readonly #size: number;
  #memory: Uint8Array = EMPTY;
  #length = 0;

  /** @param size how many bytes are kept */
  constructor(size: number) {
    this.#size = size;
  }

  /** The kept bytes, in order. They change with the next append(). */
  get bytes(): Uint8Array {
    return this.last(this.#length);
  }

  /** Returns the last `size` bytes, or all if there are fewer. */
  last(size: number): Uint8Array {
    return this.#memory.subarray(Math.max(0, this.#length - size), this.#length);
  }

  /** How many bytes of memory are held, at most the size of the window. */
  get capacity(): number {
    return this.#memory.length;
  }

  append(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - this.#size));
    const kept = Math.min(this.#length, this.#size - added.length);
    const length = kept + added.length;
    const older = this.last(kept);
    // Most connections carry little data, so the memory grows with the data.
    if (length > this.#memory.length) this.#memory = new Uint8Array(Math.min(this.#size, 2 * length));
    this.#memory.set(older);
    this.#memory.set(added, kept);
    this.#length = length;
  }

  clear(): void {
    this.#memory = EMPTY;
    this.#length = 0;
  }
}
