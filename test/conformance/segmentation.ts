/** How the tester cuts what it sends: TCP may deliver a frame in any pieces, and several frames in one. */
export type Segmentation =
  | { readonly kind: 'whole' }
  | { readonly kind: 'byte by byte' }
  | { readonly kind: 'random'; readonly seed: number }
  /** What the tester says first goes out in one segment with its 101, as a server may (RFC 6455 §4.2.2). */
  | { readonly kind: 'with the opening handshake' };

/** At most so many random pieces, so that a large message does not take for ever. */
const MAX_PIECES = 100;

/** Above this, byte by byte takes too long. */
export const MOST_SINGLE_BYTES = 2_048;

/** Random 32-bit numbers, the same ones for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

/** Cuts `bytes`, and gives the pieces in order; an empty one never. */
export function cut(bytes: Uint8Array, segmentation: Segmentation): Uint8Array[] {
  if (segmentation.kind === 'byte by byte') return inPiecesOf(bytes, 1);
  if (segmentation.kind !== 'random') return bytes.length === 0 ? [] : [bytes];
  const random = randomNumbers(segmentation.seed);
  const least = Math.ceil(bytes.length / MAX_PIECES);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    // As many short pieces as long ones: the exponent is what is random.
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
  return segmentation.kind === 'random' ? `random pieces by seed ${segmentation.seed}` : segmentation.kind;
}
