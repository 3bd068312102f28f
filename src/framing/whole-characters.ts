import { allocate } from '#platform';
import { copyOf } from './copy.js';
import { lastBoundary } from './utf8-validator.js';

/** Cuts a UTF-8 text that arrives in pieces between two characters. The text must have been validated. */
export class WholeCharacters {
  /** The beginning of a character at the end of the last piece. */
  #carry: Uint8Array | undefined;

  /**
   * Takes the next piece. Returns its whole characters, together with what earlier calls left over. The result may be a
   * view of `bytes`, and may be empty.
   */
  take(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#carry !== undefined) {
      const joined = allocate(this.#carry.length + end - start);
      joined.set(this.#carry);
      joined.set(bytes.subarray(start, end), this.#carry.length);
      [bytes, start, end] = [joined, 0, joined.length];
    }
    const boundary = lastBoundary(bytes, start, end);
    this.#carry = boundary < end ? copyOf(bytes, boundary, end) : undefined;
    return bytes.subarray(start, boundary);
  }
}
