import { allocateUnpooled } from '#platform';

/**
 * A slab is memory that many connections fill with outgoing frames, each behind the last, so that what one of them has to say
 * lies in one piece and leaves in one write. `live` counts the bytes not yet released: at 0 the slab serves anew.
 */
interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  used: number;
  live: number;
}

/** As much as a socket takes from one read, so an echo of one read fits. */
const SLAB_SIZE = 65_536;

/**
 * Slabs that are kept to be filled again: 2 MiB, which is what 64 connections answer to half a read each in one turn of the event loop. Memory
 * that was written to lately is written to the fastest, and costs no garbage collection: 40 ns for a frame of 1 KiB, in place of 200 to 260 in
 * memory that is new (bench/slabs.ts).
 */
const MAX_EMPTY_SLABS = 32;

/** A piece of at most this size is copied rather than sent beside another. */
const MOST_GATHERED = 16_384;

/** The slab that is being filled. */
let slab: Slab = { bytes: new Uint8Array(0), used: 0, live: 0 };

/** Empty slabs. The one emptied last, whose memory the processor's cache may still hold, is the first to be filled again. */
const emptySlabs: Slab[] = [];

/** The slabs, by their memory. Weak, since one that lies in a socket may never be released. */
const slabs = new WeakMap<ArrayBufferLike, Slab>();

function nextSlab(size: number): Slab {
  const empty = size <= SLAB_SIZE ? emptySlabs.pop() : undefined;
  if (empty !== undefined) return empty;
  const made = { bytes: allocateUnpooled(Math.max(SLAB_SIZE, size)), used: 0, live: 0 };
  slabs.set(made.bytes.buffer, made);
  return made;
}

/** Bytes on their way out: a queue of pieces, of which small ones share memory and large ones are kept by reference. */
export class OutputBuffer {
  #pieces: Uint8Array[] | undefined;
  #length = 0;
  /** The piece of the current slab that is still growing: `runSlab.bytes[runStart, runEnd)`. */
  #runSlab: Slab | undefined;
  #runStart = 0;
  #runEnd = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Pieces that wait: each takes some memory beside its bytes. */
  get pieceCount(): number {
    return (this.#pieces?.length ?? 0) + (this.#runSlab === undefined ? 0 : 1);
  }

  /** The memory in which reserve() found room. Valid until the next reserve() of any OutputBuffer. */
  get memory(): Uint8Array {
    return slab.bytes;
  }

  /** Finds room for `size` bytes and gives its place in `memory`. To be followed by commit() before anything else. */
  reserve(size: number): number {
    if (this.#pieces?.length === 1 && this.#runSlab === undefined) this.#gather(this.#pieces[0]!);
    return this.#reserve(size);
  }

  /**
   * Copies the one piece that waits, if it is small: with what is about to follow, it then leaves in one piece. Two are a writev, and
   * cost a quarter more (npm run bench -- --only=broadcast-128).
   */
  #gather(piece: Uint8Array): void {
    if (piece.length > MOST_GATHERED) return;
    this.#pieces = undefined;
    this.#length = 0;
    const at = this.#reserve(piece.length);
    slab.bytes.set(piece, at);
    this.commit(piece.length);
    releaseOutput(piece);
  }

  #reserve(size: number): number {
    if (slab.used + size > slab.bytes.length) slab = nextSlab(size);
    return slab.used;
  }

  /** Takes the first `size` bytes of what was reserved into the queue. */
  commit(size: number): void {
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

  /** Queues `bytes` themselves: they must not change until they are sent. */
  append(bytes: Uint8Array): void {
    this.#closeRun();
    // A piece of the slab that is queued again, for another peer, will be released once more.
    const queuedFrom = slabs.get(bytes.buffer);
    if (queuedFrom !== undefined) queuedFrom.live += bytes.length;
    this.#push(bytes);
    this.#length += bytes.length;
  }

  /** Gives what waits, in order, and forgets it. */
  take(): Uint8Array[] {
    this.#closeRun();
    const pieces = this.#pieces ?? [];
    this.#pieces = undefined;
    this.#length = 0;
    return pieces;
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

/**
 * Says that a piece given by take() has left and will not be read again. Where all pieces of the slab have, its memory serves
 * anew. A piece that is never released costs nothing but that: its slab is left to the garbage collector.
 */
export function releaseOutput(piece: Uint8Array): void {
  const released = slabs.get(piece.buffer);
  if (released === undefined) return;
  released.live -= piece.length;
  if (released.live > 0) return;
  released.used = 0;
  if (released !== slab && released.bytes.length === SLAB_SIZE && emptySlabs.length < MAX_EMPTY_SLABS) {
    emptySlabs.push(released);
  }
}
