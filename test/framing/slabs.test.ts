import { beforeEach, expect, test, vi } from 'vitest';
import type * as Slabs from '../../src/framing/slabs.js';

// Slabs are shared by the whole process, so every test begins with a module of its own.
let slabs: typeof Slabs;

beforeEach(async () => {
  vi.resetModules();
  slabs = await import('../../src/framing/slabs.js');
});

/** A piece of `size` bytes in a slab, as OutputBuffer writes it. */
function write(size: number): Uint8Array {
  const slab = slabs.slabFor(size);
  const start = slab.used;
  slab.used += size;
  slab.live += size;
  return slab.bytes.subarray(start, slab.used);
}

test('a full slab is filled again after all of its pieces were released, and not before', () => {
  const [first, second] = [write(40_000), write(25_536)];
  expect(second.buffer).toBe(first.buffer);
  const next = write(65_536);
  slabs.releaseOutput(first);
  const another = write(65_536);
  expect(new Set([first.buffer, next.buffer, another.buffer]).size).toBe(3);
  slabs.releaseOutput(second);
  const again = write(65_536);
  expect(again.buffer).toBe(first.buffer);
  expect(again.byteOffset).toBe(first.byteOffset);
});

test('the slab that was emptied last is filled first', () => {
  const [first, second] = [write(65_536), write(65_536)];
  write(65_536);
  slabs.releaseOutput(first);
  slabs.releaseOutput(second);
  expect(write(65_536).buffer).toBe(second.buffer);
  expect(write(65_536).buffer).toBe(first.buffer);
});

test('at most 32 empty slabs are kept', () => {
  const pieces = Array.from({ length: 40 }, () => write(65_536));
  write(65_536);
  for (const piece of pieces) slabs.releaseOutput(piece);
  const memory = new Set(pieces.map(piece => piece.buffer));
  const refilled = pieces.map(() => write(65_536)).filter(piece => memory.has(piece.buffer));
  expect(refilled).toHaveLength(32);
});

test('memory of another size than a slab is not kept', () => {
  const large = write(100_000);
  write(65_536);
  slabs.releaseOutput(large);
  expect(write(65_536).buffer).not.toBe(large.buffer);
});

test('more bytes than a slab has get memory of their own, even if an empty slab is kept', () => {
  const first = write(65_536);
  write(65_536);
  slabs.releaseOutput(first);
  expect(write(100_000)).toHaveLength(100_000);
  expect(write(65_536).buffer).toBe(first.buffer);
});

test('a piece of other memory is not in a slab, and its release does nothing', () => {
  const other = new Uint8Array(65_536);
  expect(slabs.isInSlab(other)).toBe(false);
  expect(slabs.isInSlab(write(1))).toBe(true);
  slabs.releaseOutput(other);
  expect(write(65_536).buffer).not.toBe(other.buffer);
});
