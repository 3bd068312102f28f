/** Illegal frames, made of legal ones: the encoder refuses to make them. */
import { Buffer } from 'node:buffer';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { FIN_BIT, LENGTH_IS_16_BIT, LENGTH_IS_64_BIT, MASK_BIT } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { Side } from '../../wire/index.js';

/** Returns a frame with any first byte: FIN, reserved bits and opcode. */
export function frameWith(side: Side, firstByte: number, payload: string | Uint8Array): Uint8Array {
  const frame = encodeFrame(side, OPCODE.BINARY, payload);
  frame[0] = firstByte;
  return frame;
}

/** Returns a binary frame of a small payload, whose length field has 16 or 64 bits and says `length`. */
export function frameOfLength(side: Side, bits: 16 | 64, length: bigint, payload: string): Uint8Array {
  const frame = encodeFrame(side, OPCODE.BINARY, payload);
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(length);
  const marker = bits === 16 ? LENGTH_IS_16_BIT : LENGTH_IS_64_BIT;
  const start = [FIN_BIT | OPCODE.BINARY, (frame[1]! & MASK_BIT) | marker];
  return Buffer.concat([Buffer.from(start), field.subarray(8 - bits / 8), frame.subarray(2)]);
}

/** Returns a Close frame with any body. */
export function closeFrame(side: Side, code: number, reason: Uint8Array = new Uint8Array(0)): Uint8Array {
  return encodeFrame(side, OPCODE.CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]));
}
