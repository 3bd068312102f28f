/** Returns the bytes of a hex string. White space is ignored. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s+/g, ''), 'hex'));
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pieces));
}

/** Cuts the bytes into pieces of `size`. Each piece has memory of its own, as chunks from a socket do. */
export function inPieces(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(new Uint8Array(bytes.subarray(at, at + size)));
  return pieces;
}

/** Cuts the bytes at the given offsets. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const cuts = [0, ...offsets.map(offset => Math.min(offset, bytes.length)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => new Uint8Array(bytes.subarray(cuts[i], end)));
}

/** Returns every way to cut the bytes in two, and one way that cuts them into single bytes. */
export function segmentations(bytes: Uint8Array): Uint8Array<ArrayBuffer>[][] {
  return [...Array.from(bytes, (_, offset) => cutAt(bytes, [offset])), inPieces(bytes, 1)];
}
