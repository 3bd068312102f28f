import { allocateUnpooled } from '#platform';

/**
 * A slab is memory that many connections fill with outgoing frames, one after the other, so that what one of them has to say lies in
 * one piece and leaves in one write. `live` counts the bytes not yet released: at 0 the slab is reused.
 */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
  live: number;
}

/** The size of one read from a socket, so an echo of one read fits. */
export const SLAB_SIZE = 65_536;

/**
 * Slabs kept for reuse: 2 MiB, enough for 64 connections that each answer half a read in one turn of the event loop. Memory that was
 * written recently is the fastest to write to, and costs no garbage collection: 40 ns for a frame of 1 KiB, instead of 200 to 260 in new
 * memory (bench/slabs.ts).
 */
const MAX_EMPTY_SLABS = 32;

/** The slab being filled. */
let current: Slab = { bytes: new Uint8Array(0), used: 0, live: 0 };

/** Empty slabs. The one emptied last may still be in the processor's cache, so it is filled first. */
const emptySlabs: Slab[] = [];

/** The slabs by their memory. Weak, since a slab whose pieces are never released must be collectable. */
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/** The slab to write the next `size` bytes to, at its `used`. */
export function slabFor(size: number): Slab {
  if (current.used + size > current.bytes.length) current = nextSlab(size);
  return current;
}

/** Bytes left in the slab that is being filled. */
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

/** Whether `piece` lies in a slab, so that holding it holds memory of others too. */
export function isInSlab(piece: Uint8Array): boolean {
  return slabs.has(piece.buffer);
}

/**
 * Says that a piece given by OutputBuffer.take() will not be read again. When all pieces of its slab have been released, the memory
 * is reused. A piece that is never released costs only that: its slab is left to the garbage collector.
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
