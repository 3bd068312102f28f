import { allocate, allocateUnpooled } from '#platform';
import { copyOf } from './copy.js';

/**
 * Room in addition to twice the bytes received. It prevents a reallocation for each of the first bytes. It is small,
 * because a peer may never finish a message.
 */
const SLACK = 1_024;

/**
 * The payload of one message while it arrives. Large pieces are kept as they are, small ones are copied together. When
 * half of the message has arrived, memory for all of it is allocated, and the rest is written there.
 *
 *     keep() ──▶ [ 64 KiB ][ 64 KiB ][ tail ◀── append() ] ──▶ take(): copies all of them together
 *                       [ tail, as large as the message ◀── room(), commit() ] ──▶ take()
 *
 * So each byte of a large message is copied once. Memory grows with the bytes received, to at most twice that plus
 * 1 KiB, and never because of a length field. The methods throw if there is not enough memory.
 */
export class MessageBuffer {
  /** The pieces before the tail. */
  #pieces: Uint8Array[] | undefined;
  #piecesLength = 0;
  #tail: Uint8Array<ArrayBuffer> | undefined;
  #tailLength = 0;

  /** The number of bytes received. */
  get length(): number {
    return this.#piecesLength + this.#tailLength;
  }

  /** The size of the memory held. */
  get capacity(): number {
    return this.#piecesLength + (this.#tail?.length ?? 0);
  }

  /**
   * Appends a copy of `bytes[start, end)`.
   *
   * @param expected the size of the message according to its headers so far. Memory does not grow beyond it.
   */
  append(bytes: Uint8Array, start: number, end: number, expected: number): void {
    const length = this.#tailLength + end - start;
    if (this.#tail === undefined || this.#tail.length < length) this.#grow(length, expected - this.#piecesLength);
    this.#tail!.set(bytes.subarray(start, end), this.#tailLength);
    this.#tailLength = length;
  }

  /**
   * Returns memory for the next `size` bytes. Write them there, then call commit(). Returns undefined if less than half
   * of the message will have arrived then.
   *
   * @param expected as in append()
   */
  room(size: number, expected: number): Uint8Array | undefined {
    if (expected > 2 * (this.length + size) + SLACK) return undefined;
    if (this.#pieces !== undefined || this.#tail === undefined || this.#tail.length < expected) this.#gather(expected);
    return this.#tail!.subarray(this.#tailLength, this.#tailLength + size);
  }

  /** Appends the first `size` bytes of the last room(). */
  commit(size: number): void {
    this.#tailLength += size;
  }

  /** Appends `piece` itself. Its memory must belong to us, and hold little else. */
  keep(piece: Uint8Array): void {
    if (this.#tailLength > 0) this.#add(this.#takeTail());
    this.#add(piece);
  }

  #add(piece: Uint8Array): void {
    this.#pieces ??= [];
    this.#pieces.push(piece);
    this.#piecesLength += piece.length;
  }

  /** Returns the message and empties the buffer. A message that fills little of its memory is copied. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#pieces !== undefined) this.#gather(this.length);
    return this.#takeTail();
  }

  /** Moves all bytes to a new tail of `size` bytes. */
  #gather(size: number): void {
    const gathered = allocateUnpooled(size);
    let at = 0;
    for (const piece of this.#pieces ?? []) {
      gathered.set(piece, at);
      at += piece.length;
    }
    if (this.#tail !== undefined) gathered.set(this.#tail.subarray(0, this.#tailLength), at);
    this.#tailLength = this.length;
    this.#pieces = undefined;
    this.#piecesLength = 0;
    this.#tail = gathered;
  }

  #takeTail(): Uint8Array<ArrayBuffer> {
    const tail = this.#tail ?? allocate(0);
    const length = this.#tailLength;
    this.#tail = undefined;
    this.#tailLength = 0;
    return length >= tail.length / 2 ? tail.subarray(0, length) : copyOf(tail, 0, length);
  }

  #grow(length: number, expected: number): void {
    const grown = allocateUnpooled(Math.max(length, Math.min(expected, length * 2 + SLACK)));
    if (this.#tail !== undefined) grown.set(this.#tail.subarray(0, this.#tailLength));
    this.#tail = grown;
  }
}
