/** Bytes written as hex, with white space where it helps to read them. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s+/g, ''), 'hex'));
}

export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pieces));
}

/** The bytes in pieces of `size`, each in memory of its own, as sockets give them. */
export function inPieces(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(new Uint8Array(bytes.subarray(at, at + size)));
  return pieces;
}

/** The bytes cut at these places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const cuts = [0, ...places.map(place => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => new Uint8Array(bytes.subarray(cuts[i], end)));
}

/** Every way to cut the bytes in two, and each byte alone. */
export function segmentations(bytes: Uint8Array): Uint8Array<ArrayBuffer>[][] {
  return [...Array.from(bytes, (_, place) => cutAt(bytes, [place])), inPieces(bytes, 1)];
}
