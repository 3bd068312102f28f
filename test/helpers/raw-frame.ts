import { concat } from './bytes.js';

/** A frame as this test wants it, legal or not. Nothing of src/ is used, so that a fault there cannot hide itself. */
export interface RawFrame {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly opcode?: number;
  /** The four bytes of the masking key; unmasked if left out. */
  readonly key?: readonly [number, number, number, number];
  readonly payload?: Uint8Array | string;
  /** What the header says, where that is not the payload's length. */
  readonly length?: bigint;
  /** How many bytes the extended length takes: the fewest if left out. */
  readonly lengthBytes?: 0 | 2 | 8;
}

export function rawFrame(frame: RawFrame): Uint8Array<ArrayBuffer> {
  const payload = typeof frame.payload === 'string' ? Buffer.from(frame.payload) : (frame.payload ?? new Uint8Array(0));
  return concat(rawHeader(frame), frame.key === undefined ? payload : naivelyMasked(payload, frame.key));
}

export function rawHeader({ fin = true, rsv = 0, opcode = 2, key, payload = '', length, lengthBytes }: RawFrame) {
  const said = length ?? BigInt(Buffer.byteLength(payload));
  const extended = lengthBytes ?? (said < 126n ? 0 : said <= 0xffffn ? 2 : 8);
  const header = [(fin ? 0x80 : 0) | rsv | opcode];
  header.push((key === undefined ? 0 : 0x80) | (extended === 0 ? Number(said) : extended === 2 ? 126 : 127));
  for (let i = extended - 1; i >= 0; i--) header.push(Number((said >> BigInt(8 * i)) & 0xffn));
  return Uint8Array.from([...header, ...(key ?? [])]);
}

/** "transformed-octet-i = original-octet-i XOR masking-key-octet-(i modulo 4)" (RFC 6455 §5.3), as slowly as it is written. */
export function naivelyMasked(payload: Uint8Array, key: ArrayLike<number>, position = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(payload, (byte, i) => byte ^ key[(position + i) % 4]!);
}
