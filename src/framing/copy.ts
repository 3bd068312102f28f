import { allocate } from '#platform';

/** Below this size a loop copies faster than set(), which needs a view of the source (bench/copying.ts). */
const SET_THRESHOLD = 48;

/** Returns a copy of `source[start, end)`. */
export function copyOf(source: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = allocate(end - start);
  if (copy.length < SET_THRESHOLD) {
    for (let i = 0; i < copy.length; i++) copy[i] = source[start + i]!;
  } else {
    copy.set(new Uint8Array(source.buffer, source.byteOffset + start, end - start));
  }
  return copy;
}
