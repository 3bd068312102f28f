/**
 * Masking: byte i of a client's payload is XORed with byte (i mod 4) of the masking key (RFC 6455 §5.3). The same
 * operation masks and unmasks. A key is a 32-bit integer whose most significant byte is first on the wire, as in
 * FrameHeader.
 */

import { maskBySimd } from './masking-simd.js';

/** From this size on, words are faster than bytes, even if their view must be made first (bench/masking.ts). */
const WORD_THRESHOLD = 48;

/**
 * From this size on, SIMD takes a third less time than words, although it has to copy (bench/masking.ts). By itself it
 * is as fast from 640 bytes on, but it makes an object for each payload, so a decoder gains nothing there.
 */
const SIMD_THRESHOLD = 1_280;

/** A key as four bytes, and the same memory as one word. So the code works with any byte order. */
const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

/** Returns the key for a payload that begins at byte `position`. */
export function rotateKey(key: number, position: number): number {
  const bits = (position & 3) << 3;
  return bits === 0 ? key : (key << bits) | (key >>> (32 - bits));
}

/** XORs `bytes[start, end)` in place. `position` is the index of `bytes[start]` in its frame's payload. */
export function maskInPlace(bytes: Uint8Array, start: number, end: number, key: number, position: number): void {
  maskTo(bytes, start, end, bytes, start, key, position);
}

/**
 * XORs `source[start, end)` into `target` at `at`. `source` does not change, unless the two overlap. `position` is the
 * index of `source[start]` in its frame's payload.
 */
export function maskTo(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  key: number,
  position: number,
): void {
  const rotated = rotateKey(key, position);
  const size = end - start;
  if (size < WORD_THRESHOLD) {
    maskBytes(source, start, end, target, at, rotated);
  } else if (size < SIMD_THRESHOLD || !maskBySimd(source, start, end, target, at, rotated)) {
    const isInPlace = source === target && start === at;
    if (!isInPlace) target.set(size === source.length ? source : source.subarray(start, end), at);
    maskWords(target, at, at + size, rotated);
  }
}

/** Masks one byte at a time. Exported for bench/masking.ts, like maskWords(). */
export function maskBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  key: number,
): void {
  let i = start;
  // Four bytes per iteration, so the key need not be rotated.
  for (; i + 4 <= end; i += 4, at += 4) {
    target[at] = source[i]! ^ (key >>> 24);
    target[at + 1] = source[i + 1]! ^ (key >>> 16);
    target[at + 2] = source[i + 2]! ^ (key >>> 8);
    target[at + 3] = source[i + 3]! ^ key;
  }
  for (; i < end; i++) {
    target[at++] = source[i]! ^ (key >>> 24);
    key <<= 8;
  }
}

/**
 * The memory that was masked last, as words. A view costs as much as masking 250 bytes, and the frames of one chunk or
 * slab share it.
 */
let viewed: Uint8Array | undefined;
let viewedWords: Int32Array = keyWord;
const MOST_VIEWED = 65_536;

/** Returns the words of `bytes` from `boundary` on, its first 4-byte boundary. */
function wordsOf(bytes: Uint8Array, boundary: number): Int32Array {
  const length = (bytes.length - boundary) >>> 2;
  // The length of a view of a resizable buffer may have changed.
  if (bytes === viewed && viewedWords.length === length) return viewedWords;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + boundary, length);
  if (bytes.length <= MOST_VIEWED) {
    viewed = bytes;
    viewedWords = words;
  }
  return words;
}

/** Returns the index of the first byte that is on a 4-byte boundary of the underlying memory. */
function boundaryOf(bytes: Uint8Array): number {
  return -bytes.byteOffset & 3;
}

/** Masks in place: bytes up to a 4-byte boundary of the underlying memory, then words, then the remaining bytes. */
export function maskWords(bytes: Uint8Array, start: number, end: number, key: number): void {
  const boundary = boundaryOf(bytes);
  const aligned = start + ((boundary - start) & 3);
  maskBytes(bytes, start, aligned, bytes, start, key);
  const rotated = rotateKey(key, aligned - start);
  keyBytes[0] = rotated >>> 24;
  keyBytes[1] = rotated >>> 16;
  keyBytes[2] = rotated >>> 8;
  keyBytes[3] = rotated;
  const word = keyWord[0]!;
  const words = wordsOf(bytes, boundary);
  let i = (aligned - boundary) >>> 2;
  const stop = (end - boundary) >>> 2;
  // Four words per iteration are nearly twice as fast as one.
  for (; i + 4 <= stop; i += 4) {
    words[i] = words[i]! ^ word;
    words[i + 1] = words[i + 1]! ^ word;
    words[i + 2] = words[i + 2]! ^ word;
    words[i + 3] = words[i + 3]! ^ word;
  }
  for (; i < stop; i++) words[i] = words[i]! ^ word;
  // After whole words, the rotation of the key is the same.
  const rest = boundary + (stop << 2);
  maskBytes(bytes, rest, end, bytes, rest, rotated);
}
