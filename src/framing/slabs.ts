import { allocateUnpooled } from '#platform';

/**
 * A block of memory for the outgoing frames of all connections. The frames that a connection sends in one turn are
 * often adjacent, so one write sends them all. `live` counts the bytes not yet released. At 0 the slab is reused.
 */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
  live: number;
}

/** The size of one read from a socket, so an echo of one read fits. */
export const SLAB_SIZE = 65_536;

/**
 * How many slabs are kept for reuse: 2 MiB, enough for 64 connections that each answer half a read in one turn of the
 * event loop. Recently used memory is the fastest to write to, and needs no garbage collection: a frame of 1 KiB takes
 * 40 ns, instead of 200 to 260 in new memory (bench/slabs.ts).
 */
const MAX_EMPTY_SLABS = 32;

/** The slab being filled. */
let current: Slab = { bytes: new Uint8Array(0), used: 0, live: 0 };

/** Empty slabs. The last one was emptied last and may still be in the processor's cache, so it is filled first. */
const emptySlabs: Slab[] = [];

/** The slabs by their memory. Weak, so a slab whose pieces are never released can be collected. */
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/** Returns the slab to write the next `size` bytes to, at its `used`. */
export function slabFor(size: number): Slab {
  if (current.used + size > current.bytes.length) current = nextSlab(size);
  return current;
}

/** Returns the room left in the slab being filled. */
export function slabRoom(): number {
  return current.bytes.length - current.used;
}

function nextSlab(size: number): Slab {
  const empty = size <= SLAB_SIZE ? emptySlabs.pop() : undefined;
  if (empty !== undefined) return empty;
  const made = { bytes: allocateUnpooled(Math.max(SLAB_SIZE, size)), used: 0, live: 0 };
  slabs.set(made.bytes.buffer, made);
  return made;
}

/** Returns whether `piece` is part of a slab. A piece that is kept pins its whole slab. */
export function isInSlab(piece: Uint8Array): boolean {
  return slabs.has(piece.buffer);
}

/**
 * Declares that a piece from OutputBuffer.take() will not be read again. When all pieces of a slab are released, the
 * slab is reused. If a piece is never released, its slab is left to the garbage collector.
 */
export function releaseOutput(piece: Uint8Array): void {
  const released = slabs.get(piece.buffer);
  if (released === undefined) return;
  released.live -= piece.length;
  if (released.live > 0) return;
  released.used = 0;
  if (released !== current && released.bytes.length === SLAB_SIZE && emptySlabs.length < MAX_EMPTY_SLABS) {
    emptySlabs.push(released);
  }
}
