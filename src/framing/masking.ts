/**
 * Masking: byte i of a client's payload is XORed with byte (i mod 4) of the masking key (RFC 6455 §5.3). The same operation
 * masks and unmasks. A key is a 32-bit integer whose most significant byte comes first on the wire, as in FrameHeader.
 */

/** Below this many bytes, making the 32-bit view costs more than it saves (bench/masking.ts: they meet at about 48 to 64). */
const WORD_THRESHOLD = 64;

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The key as it masks from payload byte `position` on. */
export function rotateKey(key: number, position: number): number {
  const bits = (position & 3) << 3;
  return bits === 0 ? key : (key << bits) | (key >>> (32 - bits));
}

/** XORs `bytes[start, end)` in place. `position` is the index of `bytes[start]` in its frame's payload. */
export function maskInPlace(bytes: Uint8Array, start: number, end: number, key: number, position: number): void {
  maskTo(bytes, start, end, bytes, start, key, position);
}

/**
 * XORs `source[start, end)` into `target` from `at` on, where there must be room. `source` is left as it was (unless it is
 * `target`). `position` is the index of `source[start]` in its frame's payload.
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
  let rotated = rotateKey(key, position);
  if (end - start >= WORD_THRESHOLD) {
    if (source !== target) target.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
    const last = at + end - start;
    // Single bytes up to a 4-byte boundary of the memory below, then words, then the bytes that are left.
    const aligned = at + (-(target.byteOffset + at) & 3);
    maskBytes(target, at, aligned, target, at, rotated);
    rotated = rotateKey(rotated, aligned - at);
    const words = new Int32Array(target.buffer, target.byteOffset + aligned, (last - aligned) >>> 2);
    const word = LITTLE_ENDIAN ? reverseBytes(rotated) : rotated;
    for (let i = 0; i < words.length; i++) words[i] = words[i]! ^ word;
    // A whole number of words leaves the key where it was.
    start = aligned + (words.length << 2);
    maskBytes(target, start, last, target, start, rotated);
    return;
  }
  maskBytes(source, start, end, target, at, rotated);
}

function maskBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number, key: number): void {
  for (let i = start; i < end; i++) {
    target[at++] = source[i]! ^ (key >>> 24);
    key = (key << 8) | (key >>> 24);
  }
}

function reverseBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
