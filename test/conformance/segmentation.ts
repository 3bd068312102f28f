/** How the tester splits what it sends. TCP may deliver a frame in any pieces, and several frames in one. */
export type Segmentation =
  | { readonly kind: 'whole' }
  | { readonly kind: 'byte by byte' }
  | { readonly kind: 'random'; readonly seed: number }
  /** What the tester sends first is sent in one segment with its 101, as a server may do (RFC 6455 §4.2.2). */
  | { readonly kind: 'with the opening handshake' };

/** The most random pieces, so that large messages do not take too long. */
const MAX_PIECES = 100;

/** The most bytes that are sent byte by byte. More would take too long. */
export const MOST_SINGLE_BYTES = 2_048;

/** Returns a generator of random 32-bit numbers. The same seed produces the same numbers. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

/** Splits `bytes`. No piece is empty. */
export function cut(bytes: Uint8Array, segmentation: Segmentation): Uint8Array[] {
  if (segmentation.kind === 'byte by byte') return inPiecesOf(bytes, 1);
  if (segmentation.kind !== 'random') return bytes.length === 0 ? [] : [bytes];
  const random = randomNumbers(segmentation.seed);
  const least = Math.ceil(bytes.length / MAX_PIECES);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    // The exponent is random, so that short pieces are as frequent as long ones.
    const size = least + Math.floor((bytes.length / 2) ** (random() / 2 ** 32)) - 1;
    pieces.push(bytes.subarray(at, at + Math.max(1, size)));
    at += Math.max(1, size);
  }
  return pieces;
}

export function inPiecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

export function describeSegmentation(segmentation: Segmentation): string {
  return segmentation.kind === 'random' ? `random pieces with seed ${segmentation.seed}` : segmentation.kind;
}
