import { allocate, allocateUnpooled } from '#platform';
import { copyOf } from './copy.js';

/**
 * Room beyond twice what has come, so that the first bytes of a message do not each grow it. No more than this, since whoever
 * leaves a message open makes us hold it.
 */
const SLACK = 1_024;

/**
 * The payload of one message while it arrives, in pieces: large ones as they came, and between them small ones, copied together.
 *
 *     keep() ──▶ [ 64 KiB ][ 64 KiB ][ tail ◀── append() ] ──▶ take(): all of them copied into one
 *
 * So a byte of a large message is copied once. Memory grows with what has come, to at most twice that and 1 KiB, and never by what a
 * length field promises. Its methods throw where memory is short.
 */
export class MessageBuffer {
  /** The pieces before the tail. */
  #pieces: Uint8Array[] | undefined;
  #piecesLength = 0;
  #tail: Uint8Array<ArrayBuffer> | undefined;
  #tailLength = 0;

  /** Bytes that have come. */
  get length(): number {
    return this.#piecesLength + this.#tailLength;
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#piecesLength + (this.#tail?.length ?? 0);
  }

  /**
   * Copies `bytes[start, end)` to the end of the message.
   *
   * @param expected bytes that the message will have in all, as far as its headers tell: growing stops there
   */
  append(bytes: Uint8Array, start: number, end: number, expected: number): void {
    const length = this.#tailLength + end - start;
    if (this.#tail === undefined || this.#tail.length < length) this.#grow(length, expected - this.#piecesLength);
    this.#tail!.set(bytes.subarray(start, end), this.#tailLength);
    this.#tailLength = length;
  }

  /** Puts `piece` itself at the end of the message: its memory must be ours, and hold little else. */
  keep(piece: Uint8Array): void {
    if (this.#tailLength > 0) this.#add(this.#takeTail());
    this.#add(piece);
  }

  #add(piece: Uint8Array): void {
    this.#pieces ??= [];
    this.#pieces.push(piece);
    this.#piecesLength += piece.length;
  }

  /** Gives the message and forgets it. A small message is copied out of the room that it does not fill. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#pieces === undefined) return this.#takeTail();
    const message = allocateUnpooled(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      message.set(piece, at);
      at += piece.length;
    }
    if (this.#tail !== undefined) message.set(this.#tail.subarray(0, this.#tailLength), at);
    this.#pieces = undefined;
    this.#piecesLength = 0;
    this.#tail = undefined;
    this.#tailLength = 0;
    return message;
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
