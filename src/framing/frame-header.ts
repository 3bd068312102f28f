/**
 * The header of a frame (RFC 6455 §5.2):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| payload len |    extended payload length    |
 *     |I|S|S|S|  (4)  |A|     (7)     |  (0, 16 or 64 bits, if the    |
 *     |N|V|V|V|       |S|             |   7 bits are <126, 126, 127)  |
 *     | |1|2|3|       |K|             |                               |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |              masking key (32 bits, if MASK is 1)              |
 *     +---------------------------------------------------------------+
 *
 * All numbers are big-endian: the first byte on the wire is the most significant.
 */

export const FIN_BIT = 0x80;
export const RSV_BITS = 0x70;
export const OPCODE_BITS = 0x0f;
export const MASK_BIT = 0x80;
export const LENGTH_BITS = 0x7f;

/** The reserved bits in the first byte of a header. Compression (RFC 7692 §6) uses RSV1. */
export const RSV1 = 0x40;
/** The second reserved bit, at its place in the first byte. */
export const RSV2 = 0x20;
/** The third reserved bit, at its place in the first byte. */
export const RSV3 = 0x10;

/** Values of the 7-bit length. They mean that the length is in the next 2, or the next 8 bytes. */
export const LENGTH_IS_16_BIT = 126;
export const LENGTH_IS_64_BIT = 127;

/** "All control frames MUST have a payload length of 125 bytes or less" (§5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

/** The longest header: 2 bytes, an 8-byte length and a 4-byte masking key. */
export const MAX_HEADER_LENGTH = 14;

/** The fields of a frame's header (RFC 6455 §5.2). */
export interface FrameHeader {
  /** Whether this frame is the last fragment of its message. */
  fin: boolean;
  /** The reserved bits that are set: a sum of RSV1, RSV2 and RSV3. */
  rsv: number;
  opcode: number;
  masked: boolean;
  /** The masking key as a signed 32-bit integer, whose most significant byte is first on the wire. 0 if unmasked. */
  maskingKey: number;
  /** The size of the payload in bytes. Exact up to 2^53 - 1, and rounded down to a multiple of 2^32 above. */
  payloadLength: number;
  /** The size of this header in bytes: 2 to 14. */
  headerLength: number;
  /** The position of the header, in bytes after the opening handshake. */
  offset: number;
}

/** Returns the size of the header of a frame with this payload. */
export function headerLength(payloadLength: number, masked: boolean): number {
  const keyLength = masked ? 4 : 0;
  if (payloadLength < LENGTH_IS_16_BIT) return 2 + keyLength;
  return (payloadLength <= 0xffff ? 4 : 10) + keyLength;
}

/**
 * Writes a header to `target` at `at`. Returns the index after it. "The minimal number of bytes MUST be used to encode
 * the length" (§5.2).
 *
 * @param firstByte FIN, the reserved bits and the opcode
 * @param maskingKey as in FrameHeader, or undefined for an unmasked frame
 */
export function writeHeader(
  target: Uint8Array,
  at: number,
  firstByte: number,
  payloadLength: number,
  maskingKey: number | undefined,
): number {
  const maskBit = maskingKey === undefined ? 0 : MASK_BIT;
  target[at++] = firstByte;
  if (payloadLength < LENGTH_IS_16_BIT) {
    target[at++] = maskBit | payloadLength;
  } else if (payloadLength <= 0xffff) {
    target[at++] = maskBit | LENGTH_IS_16_BIT;
    target[at++] = payloadLength >>> 8;
    target[at++] = payloadLength;
  } else {
    target[at++] = maskBit | LENGTH_IS_64_BIT;
    at = writeUint32(target, at, Math.floor(payloadLength / 2 ** 32));
    at = writeUint32(target, at, payloadLength);
  }
  return maskingKey === undefined ? at : writeUint32(target, at, maskingKey);
}

/** Returns the size of a header, by its second byte: the mask bit and the 7-bit length. */
export function headerLengthBySecondByte(secondByte: number): number {
  const keyLength = (secondByte & MASK_BIT) === 0 ? 0 : 4;
  const length = secondByte & LENGTH_BITS;
  if (length < LENGTH_IS_16_BIT) return 2 + keyLength;
  return (length === LENGTH_IS_16_BIT ? 4 : 10) + keyLength;
}

/**
 * Reads the header in `source` at `at` into `header`, except for its offset. The header must be complete, but may be
 * invalid. `length` is the result of headerLengthBySecondByte().
 */
export function readHeader(source: Uint8Array, at: number, length: number, header: FrameHeader): void {
  const firstByte = source[at]!;
  const secondByte = source[at + 1]!;
  header.fin = (firstByte & FIN_BIT) !== 0;
  header.rsv = firstByte & RSV_BITS;
  header.opcode = firstByte & OPCODE_BITS;
  header.masked = (secondByte & MASK_BIT) !== 0;
  header.headerLength = length;
  header.payloadLength = readPayloadLength(source, at + 2, secondByte & LENGTH_BITS);
  header.maskingKey = header.masked ? readInt32(source, at + length - 4) : 0;
}

function readPayloadLength(source: Uint8Array, at: number, length: number): number {
  if (length < LENGTH_IS_16_BIT) return length;
  if (length === LENGTH_IS_16_BIT) return (source[at]! << 8) | source[at + 1]!;
  const high = readInt32(source, at) >>> 0;
  const low = readInt32(source, at + 4) >>> 0;
  // Above 2^53 the sum would be rounded. For example, 2^63 - 1 would become 2^63, which breaks another rule.
  return high * 2 ** 32 + (high < 2 ** 21 ? low : 0);
}

/** Reads 4 bytes, most significant first, as a signed integer. */
function readInt32(source: Uint8Array, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!;
}

/**
 * Writes the low 32 bits of `value`, most significant byte first. An element of a Uint8Array keeps only the low 8 bits.
 */
function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}
