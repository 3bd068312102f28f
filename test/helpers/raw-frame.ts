import { concat } from './bytes.js';

/** A frame, legal or not. It is built without code of src/, so that a bug there cannot hide itself. */
export interface RawFrame {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly opcode?: number;
  /** The four bytes of the masking key. If left out, the frame is unmasked. */
  readonly key?: readonly [number, number, number, number];
  readonly payload?: Uint8Array | string;
  /** The length in the header, if it differs from the payload's length. */
  readonly length?: bigint;
  /** How many bytes the extended length has. By default, as few as possible. */
  readonly lengthBytes?: 0 | 2 | 8;
}

export function rawFrame(frame: RawFrame): Uint8Array<ArrayBuffer> {
  const payload = typeof frame.payload === 'string' ? Buffer.from(frame.payload) : (frame.payload ?? new Uint8Array(0));
  return concat(rawHeader(frame), frame.key === undefined ? payload : naivelyMasked(payload, frame.key));
}

export function rawHeader({ fin = true, rsv = 0, opcode = 2, key, payload = '', length, lengthBytes }: RawFrame) {
  const claimed = length ?? BigInt(Buffer.byteLength(payload));
  const extended = lengthBytes ?? (claimed < 126n ? 0 : claimed <= 0xffffn ? 2 : 8);
  const header = [(fin ? 0x80 : 0) | rsv | opcode];
  header.push((key === undefined ? 0 : 0x80) | (extended === 0 ? Number(claimed) : extended === 2 ? 126 : 127));
  for (let i = extended - 1; i >= 0; i--) header.push(Number((claimed >> BigInt(8 * i)) & 0xffn));
  return Uint8Array.from([...header, ...(key ?? [])]);
}

/** Masks byte by byte: "transformed-octet-i = original-octet-i XOR masking-key-octet-(i modulo 4)" (RFC 6455 §5.3). */
export function naivelyMasked(payload: Uint8Array, key: ArrayLike<number>, position = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(payload, (byte, i) => byte ^ key[(position + i) % 4]!);
}
