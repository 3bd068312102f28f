import {
  type FrameHeader,
  headerLengthBySecondByte,
  LENGTH_BITS,
  LENGTH_IS_16_BIT,
  MASK_BIT,
  MAX_CONTROL_PAYLOAD,
  RSV2,
  RSV3,
  readHeader,
} from '../../framing/frame-header.js';
import { isControl, isReservedOpcode } from '../../framing/opcode.js';

/** How many frames of a segment are looked at. */
const ENOUGH = 8;

/**
 * Returns whether the payload of a TCP segment looks like frames, which helps where the handshake is missing: it is made
 * of whole frames, or ends within a long one.
 */
export function isPlausibleFrame(bytes: Uint8Array): boolean {
  let at = 0;
  for (let count = 0; count < ENOUGH && at < bytes.length; count++) {
    const length = headerLengthBySecondByte(bytes[at + 1] ?? 0);
    if (at + length > bytes.length) return false;
    const { fin, rsv, opcode, payloadLength } = headerAt(bytes, at, length);
    if ((rsv & (RSV2 | RSV3)) !== 0 || isReservedOpcode(opcode)) return false;
    if (isControl(opcode) && (!fin || payloadLength > MAX_CONTROL_PAYLOAD)) return false;
    const isLong = (bytes[at + 1]! & LENGTH_BITS) >= LENGTH_IS_16_BIT;
    if (isLong && payloadLength < LENGTH_IS_16_BIT) return false;
    at += length + payloadLength;
    if (at > bytes.length) return isLong && payloadLength < 2 ** 32;
  }
  return at > 0;
}

function headerAt(bytes: Uint8Array, at: number, length: number): FrameHeader {
  const header: FrameHeader = {
    ...{ fin: false, rsv: 0, opcode: 0, masked: (bytes[at + 1]! & MASK_BIT) !== 0, maskingKey: 0 },
    ...{ payloadLength: 0, headerLength: 0, offset: 0 },
  };
  readHeader(bytes, at, length, header);
  return header;
}
