import { invalidValue } from '../errors.js';
import { FIN_BIT, LENGTH_IS_16_BIT, LENGTH_IS_64_BIT, MASK_BIT } from '../framing/frame-header.js';
import { maskTo } from '../framing/masking.js';

/** How the length of a payload is written: in as few bytes as possible, or in 16 or 64 bits. */
export type LengthForm = 'minimal' | '16' | '64';

/** All fields of a frame, legal or not. */
export interface RawFrame {
  /** Default true. */
  readonly fin?: boolean;
  /** The reserved bits to set: a sum of RSV1, RSV2 and RSV3. Default 0. */
  readonly rsv?: number;
  readonly opcode: number;
  /** The masking key, as in FrameHeader. Without it, the frame is not masked. */
  readonly maskingKey?: number | undefined;
  readonly payload: Uint8Array;
  /** Default `minimal`. */
  readonly lengthForm?: LengthForm;
}

/**
 * Returns the bytes of one frame, even if it breaks rules. encodeFrame() of ws101/framing encodes only legal frames.
 *
 * @throws {RangeError} if a field does not fit into its bits
 */
export function frameBytes(frame: RawFrame): Uint8Array {
  const { fin = true, rsv = 0, opcode, maskingKey, payload, lengthForm = 'minimal' } = frame;
  if (!Number.isInteger(opcode) || opcode < 0 || opcode > 0xf) throw invalidValue('opcode', 'from 0 to 15', opcode);
  const form = lengthForm === 'minimal' ? minimalForm(payload.length) : lengthForm;
  if (form === '16' && payload.length > 0xffff) {
    throw invalidValue('lengthForm', '64 for a payload of more than 65535 bytes', lengthForm);
  }
  const extended = form === '16' ? 2 : form === '64' ? 8 : 0;
  const keyStart = 2 + extended;
  const start = keyStart + (maskingKey === undefined ? 0 : 4);
  const bytes = new Uint8Array(start + payload.length);
  const view = new DataView(bytes.buffer);
  const short = form === '16' ? LENGTH_IS_16_BIT : form === '64' ? LENGTH_IS_64_BIT : payload.length;
  bytes[0] = (fin ? FIN_BIT : 0) | rsv | opcode;
  bytes[1] = (maskingKey === undefined ? 0 : MASK_BIT) | short;
  if (extended === 2) view.setUint16(2, payload.length);
  if (extended === 8) view.setBigUint64(2, BigInt(payload.length));
  if (maskingKey === undefined) {
    bytes.set(payload, start);
  } else {
    view.setInt32(keyStart, maskingKey);
    maskTo(payload, 0, payload.length, bytes, start, maskingKey, 0);
  }
  return bytes;
}

function minimalForm(length: number): '7' | '16' | '64' {
  if (length < LENGTH_IS_16_BIT) return '7';
  return length <= 0xffff ? '16' : '64';
}
