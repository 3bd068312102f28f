const EMPTY = new Uint8Array(0);

/** The last bytes of all messages that went one way: what the next message may refer back to (RFC 1951 §2.3). */
export class SlidingWindow {
  readonly #size: number;
  #memory: Uint8Array = EMPTY;
  #length = 0;

  /** @param size bytes that it keeps at most */
  constructor(size: number) {
    this.#size = size;
  }

  /** What is kept, in order; it changes with the next append(). */
  get bytes(): Uint8Array {
    return this.last(this.#length);
  }

  /** The last so many bytes of it, or all. */
  last(size: number): Uint8Array {
    return this.#memory.subarray(Math.max(0, this.#length - size), this.#length);
  }

  /** Bytes of memory held: at most the size of the window. */
  get capacity(): number {
    return this.#memory.length;
  }

  append(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - this.#size));
    const kept = Math.min(this.#length, this.#size - added.length);
    const length = kept + added.length;
    const older = this.last(kept);
    // Most connections say little: the memory grows with what they say.
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
