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
