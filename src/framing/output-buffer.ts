import { allocateUnpooled } from '#platform';
import { isInSlab, releaseOutput, SLAB_SIZE, type Slab, slabFor, slabRoom } from './slabs.js';

/** The largest piece that is copied so that it can be sent together with another. */
const MOST_GATHERED = 16_384;

/**
 * The least and the most memory that a buffer allocates for itself at a time. Each block is twice as large as the last.
 */
const LEAST_APART = 512;
const MOST_APART = SLAB_SIZE / 2;

/** The most pieces that a bounded take() returns: each one is an entry of a writev. */
const MOST_PIECES = 256;

/** Taken pieces are removed from the list when there are at least this many, and they are at least half of it. */
const MOST_TAKEN = 64;

/**
 * Outgoing bytes: a queue of pieces. Frames are written into slabs, which connections share, or kept by reference.
 *
 *     reserve(), commit() ──▶ slab          ──┐
 *                             own memory      ├──▶ take() ──▶ socket ──▶ releaseOutput()
 *     append() ─────────────▶ by reference  ──┘
 *
 * A few waiting bytes keep a whole slab of 64 KiB in use. So the owner calls moveToOwnMemory() if the bytes cannot be
 * written now. The buffer then uses memory of its own until it is empty.
 */
export class OutputBuffer {
  #pieces: Uint8Array[] | undefined;
  /** Index of the first piece that was not taken. */
  #head = 0;
  #length = 0;
  /** The memory of the last reserve(). */
  #slab: Slab | undefined;
  #usesOwnMemory = false;
  /** The piece that is still growing: `#runSlab.bytes[#runStart, #runEnd)`. */
  #runSlab: Slab | undefined;
  #runStart = 0;
  #runEnd = 0;

  /** The number of bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** The number of pieces waiting. Each needs some memory in addition to its bytes. */
  get pieceCount(): number {
    const kept = this.#pieces === undefined ? 0 : this.#pieces.length - this.#head;
    return this.#runSlab === undefined ? kept : kept + 1;
  }

  /** The memory in which reserve() found room. Valid until the next reserve() of any OutputBuffer. */
  get memory(): Uint8Array {
    return this.#slab!.bytes;
  }

  /** How many bytes can be reserved without new memory. */
  get room(): number {
    if (!this.#usesOwnMemory) return slabRoom();
    return this.#slab === undefined ? 0 : this.#slab.bytes.length - this.#slab.used;
  }

  /** Finds room for `size` bytes and returns its index in `memory`. Call commit() before any other method. */
  reserve(size: number): number {
    if (this.#pieces !== undefined && this.#runSlab === undefined && this.pieceCount === 1) this.#gather();
    return this.#reserve(size);
  }

  /**
   * Copies the only waiting piece, if it is small, so that it can be written together with the next bytes. Two pieces
   * need a writev, which costs a quarter more (npm run bench -- --only=broadcast-128).
   */
  #gather(): void {
    const piece = this.#pieces![this.#head]!;
    if (piece.length > MOST_GATHERED) return;
    this.#clear();
    this.#copy(piece);
  }

  #copy(piece: Uint8Array): void {
    const at = this.#reserve(piece.length);
    this.memory.set(piece, at);
    this.commit(piece.length);
    releaseOutput(piece);
  }

  #reserve(size: number): number {
    this.#slab = this.#usesOwnMemory ? this.#ownSlab(size) : slabFor(size);
    return this.#slab.used;
  }

  #ownSlab(size: number): Slab {
    const own = this.#slab;
    if (own === undefined) return makeSlab(Math.max(size, LEAST_APART));
    if (own.used + size <= own.bytes.length) return own;
    return makeSlab(Math.max(size, Math.min(2 * own.bytes.length, MOST_APART)));
  }

  /** Queues the first `size` reserved bytes. */
  commit(size: number): void {
    const slab = this.#slab!;
    if (this.#runSlab !== slab || this.#runEnd !== slab.used) {
      this.#closeRun();
      this.#runSlab = slab;
      this.#runStart = slab.used;
    }
    slab.used += size;
    slab.live += size;
    this.#runEnd = slab.used;
    this.#length += size;
  }

  /** Queues `bytes` without a copy. They must not change until they are sent. */
  append(bytes: Uint8Array): void {
    this.#closeRun();
    this.#push(bytes);
    this.#length += bytes.length;
  }

  /**
   * Stops using slabs until the buffer is empty. Waiting bytes are moved out of slabs, unless they fill half of one.
   */
  moveToOwnMemory(): void {
    if (this.#usesOwnMemory) return;
    const pieces = this.#pending();
    this.#clear();
    this.#slab = undefined;
    this.#usesOwnMemory = true;
    for (const piece of pieces) {
      if (isInSlab(piece) && piece.length < SLAB_SIZE / 2) this.#copy(piece);
      else this.append(piece);
    }
  }

  /**
   * Removes waiting pieces and returns them in order: at most `most` bytes. If `most` is passed, the number of pieces
   * is limited too.
   */
  take(most: number = Number.POSITIVE_INFINITY): Uint8Array[] {
    if (this.#length <= most && (this.pieceCount <= MOST_PIECES || most === Number.POSITIVE_INFINITY)) {
      const pieces = this.#pending();
      this.#clear();
      this.#usesOwnMemory = false;
      this.#slab = undefined;
      return pieces;
    }
    return this.#takePart(most);
  }

  #takePart(most: number): Uint8Array[] {
    this.#closeRun();
    const pieces = this.#pieces!;
    const taken: Uint8Array[] = [];
    let room = most;
    while (room > 0 && this.#head < pieces.length && taken.length < MOST_PIECES) {
      const piece = pieces[this.#head]!;
      if (piece.length > room) {
        taken.push(piece.subarray(0, room));
        pieces[this.#head] = piece.subarray(room);
        this.#length -= room;
        break;
      }
      taken.push(piece);
      this.#head++;
      room -= piece.length;
      this.#length -= piece.length;
    }
    if (this.#head >= MOST_TAKEN && this.#head * 2 >= pieces.length) {
      this.#pieces = pieces.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  #pending(): Uint8Array[] {
    this.#closeRun();
    const pieces = this.#pieces ?? [];
    return this.#head === 0 ? pieces : pieces.slice(this.#head);
  }

  #clear(): void {
    this.#pieces = undefined;
    this.#head = 0;
    this.#length = 0;
    this.#runSlab = undefined;
  }

  #closeRun(): void {
    if (this.#runSlab === undefined) return;
    this.#push(this.#runSlab.bytes.subarray(this.#runStart, this.#runEnd));
    this.#runSlab = undefined;
  }

  #push(piece: Uint8Array): void {
    this.#pieces ??= [];
    this.#pieces.push(piece);
  }
}

function makeSlab(size: number): Slab {
  return { bytes: allocateUnpooled(size), used: 0, live: 0 };
}
