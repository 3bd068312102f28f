import { allocate, allocateUnpooled } from '#platform';

/** Room beyond twice what has come: a first piece of any size allocates no more than itself and this. */
const SLACK = 65_536;

/**
 * The payload of one message while it arrives. It grows with what has come, to at most twice that and 64 KiB, and never by
 * what a length field promises.
 */
export class MessageBuffer {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;

  /** Bytes that have come. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#bytes?.length ?? 0;
  }

  /**
   * Copies `bytes[start, end)` to the end of the message.
   *
   * @param expected bytes that the message will have in all, as far as its headers tell: growing stops there
   */
  append(bytes: Uint8Array, start: number, end: number, expected: number): void {
    const length = this.#length + end - start;
    if (this.#bytes === undefined || this.#bytes.length < length) this.#grow(length, expected);
    this.#bytes!.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** Gives the message and forgets it. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes?.subarray(0, this.#length) ?? allocate(0);
    this.#bytes = undefined;
    this.#length = 0;
    return bytes;
  }

  #grow(length: number, expected: number): void {
    const grown = allocateUnpooled(Math.max(length, Math.min(expected, length * 2 + SLACK)));
    if (this.#bytes !== undefined) grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
