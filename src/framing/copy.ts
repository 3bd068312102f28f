import { allocate } from '#platform';

/** Below this many bytes a loop copies faster than set(), which needs a view of the source (bench/copying.ts). */
const SET_THRESHOLD = 48;

/** The bytes of `source[start, end)` in memory that nobody else writes to. */
export function copyOf(source: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = allocate(end - start);
  if (copy.length < SET_THRESHOLD) {
    for (let i = 0; i < copy.length; i++) copy[i] = source[start + i]!;
  } else {
    copy.set(new Uint8Array(source.buffer, source.byteOffset + start, end - start));
  }
  return copy;
}

/** Copies all of `source` to `target` from `at` on, where there must be room. */
export function copyInto(source: Uint8Array, target: Uint8Array, at: number): void {
  if (source.length < SET_THRESHOLD) {
    for (let i = 0; i < source.length; i++) target[at + i] = source[i]!;
  } else {
    target.set(source, at);
  }
}
