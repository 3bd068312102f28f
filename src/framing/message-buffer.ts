import { allocate, allocateUnpooled } from '#platform';
import { copyOf } from './copy.js';

/**
 * Room beyond twice what has come, so that the first bytes of a message do not each grow it. No more than this, since whoever
 * leaves a message open makes us hold it.
 */
const SLACK = 1_024;

/**
 * The payload of one message while it arrives. It grows with what has come, to at most twice that and 1 KiB, and never by
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

  /** Gives the message and forgets it. A small message is copied out of the room that it does not fill. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#trimmed();
    this.#bytes = undefined;
    this.#length = 0;
    return bytes;
  }

  #trimmed(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === undefined) return allocate(0);
    const isMostlyFull = this.#length >= this.#bytes.length / 2;
    return isMostlyFull ? this.#bytes.subarray(0, this.#length) : copyOf(this.#bytes, 0, this.#length);
  }

  #grow(length: number, expected: number): void {
    const grown = allocateUnpooled(Math.max(length, Math.min(expected, length * 2 + SLACK)));
    if (this.#bytes !== undefined) grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
