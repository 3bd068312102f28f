import type { ProtocolError, Violation, ViolationCode } from '../errors.js';
import {
  headerLengthBySecondByte,
  LENGTH_BITS,
  LENGTH_IS_16_BIT,
  LENGTH_IS_64_BIT,
  MASK_BIT,
  MAX_CONTROL_PAYLOAD,
  RSV1,
  RSV2,
  RSV3,
} from '../framing/frame-header.js';
import { isControl, isReservedOpcode, OPCODE, opcodeName } from '../framing/opcode.js';
import { VIOLATION } from '../framing/violations.js';
import type { Side } from './conversation.js';

/** The name of a field in the diagram of RFC 6455 §5.2. */
export type FrameFieldName =
  | 'FIN'
  | 'RSV1'
  | 'RSV2'
  | 'RSV3'
  | 'opcode'
  | 'MASK'
  | 'payload length'
  | 'extended payload length'
  | 'masking key';

/** One field of the header of a frame (RFC 6455 §5.2). */
export interface FrameField {
  readonly name: FrameFieldName;
  /** Where it begins in the header, in bits. Bit 0 is the first on the wire. */
  readonly bit: number;
  /** Its size in bits. */
  readonly bits: number;
  readonly value: bigint;
  /** What the value means, in a few words. */
  readonly meaning: string;
  /** The section that defines the field. */
  readonly section: string;
  /** The rule that it breaks. */
  readonly error: Violation | undefined;
}

/** A header, and what is known about it. A FrameItem is one. */
export interface FrameFieldsInput {
  /** The bytes of the header. If it is incomplete, only its complete fields are returned. */
  readonly header: Uint8Array;
  /** The sender. If it is unknown, a mask is neither required nor forbidden. */
  readonly from?: Side | undefined;
  /** Whether permessage-deflate may be in use. Default false. */
  readonly mayCompress?: boolean | undefined;
  /** The rule that the frame breaks as part of a stream. */
  readonly error?: ProtocolError | undefined;
}

const SECTION = '§5.2';

/** Which field a rule is about, if the header alone does not show that it is broken. */
const FIELD_OF: Partial<Record<ViolationCode, FrameFieldName>> = {
  CONTINUATION_OF_NOTHING: 'opcode',
  MESSAGE_INTERRUPTED: 'opcode',
  MISPLACED_COMPRESSED_BIT: 'RSV1',
  MESSAGE_TOO_BIG: 'payload length',
};

/** Returns the fields of a header in the order of their bits, with all rules that they break. */
export function frameFields({ header, from, mayCompress = false, error }: FrameFieldsInput): FrameField[] {
  const [first, second] = header;
  if (first === undefined) return [];
  const opcode = first & 0x0f;
  const isFin = (first & 0x80) !== 0;
  const fields: FrameField[] = [];
  const add = (
    name: FrameFieldName,
    bit: number,
    bits: number,
    meaning: string,
    broken?: Violation | false,
    section = SECTION,
  ) => {
    const isStreamError = error !== undefined && FIELD_OF[error.violation.code] === name;
    fields.push({
      ...{ name, bit, bits, value: bitsOf(header, bit, bits), meaning, section },
      error: broken || (isStreamError ? error.violation : undefined),
    });
  };
  const isControlFrame = isControl(opcode);
  add('FIN', 0, 1, finMeaning(isFin, opcode), isControlFrame && !isFin && VIOLATION.FRAGMENTED_CONTROL_FRAME, '§5.4');
  addReservedBits(first, mayCompress, isControlFrame || opcode === OPCODE.CONTINUATION, add);
  add('opcode', 4, 4, opcodeMeaning(opcode), isReservedOpcode(opcode) && VIOLATION.RESERVED_OPCODE);
  if (second === undefined) return fields;

  const isMasked = (second & MASK_BIT) !== 0;
  const maskError = isMasked ? VIOLATION.MASKED_SERVER_FRAME : VIOLATION.UNMASKED_CLIENT_FRAME;
  const isMaskWrong = from !== undefined && isMasked !== (from === 'client');
  add(
    'MASK',
    8,
    1,
    isMasked ? 'masked, as clients must' : 'not masked, as servers must',
    isMaskWrong && maskError,
    '§5.1',
  );

  const short = second & LENGTH_BITS;
  const isTooLong = isControlFrame && short > MAX_CONTROL_PAYLOAD && VIOLATION.CONTROL_FRAME_TOO_LONG;
  add('payload length', 9, 7, lengthMeaning(short), isTooLong);
  const end = headerLengthBySecondByte(second);
  const keyStart = isMasked ? end - 4 : end;
  if (keyStart > 2 && header.length >= keyStart) {
    const length = bitsOf(header, 16, 8 * (keyStart - 2));
    add('extended payload length', 16, 8 * (keyStart - 2), bytes(length), extendedLengthError(length, short));
  }
  if (isMasked && header.length >= end)
    add('masking key', 8 * keyStart, 32, 'new and random for each frame', undefined, '§5.3');
  return fields;
}

type Add = (name: FrameFieldName, bit: number, bits: number, meaning: string, broken?: Violation | false) => void;

/** "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values." */
function addReservedBits(first: number, mayCompress: boolean, isMisplaced: boolean, add: Add): void {
  for (const [i, bit] of [RSV1, RSV2, RSV3].entries()) {
    const isSet = (first & bit) !== 0;
    const isCompression = bit === RSV1 && mayCompress;
    const meaning = !isSet ? 'not used' : isCompression ? 'compressed (RFC 7692)' : 'set, but no extension uses it';
    const broken = isCompression ? isMisplaced && VIOLATION.MISPLACED_COMPRESSED_BIT : VIOLATION.RESERVED_BITS;
    add(`RSV${i + 1}` as 'RSV1', i + 1, 1, meaning, isSet && broken);
  }
}

function finMeaning(isFin: boolean, opcode: number): string {
  if (!isFin) return 'more fragments of the message follow';
  return isControl(opcode) ? 'a control frame is never fragmented' : 'the last fragment of its message';
}

function opcodeMeaning(opcode: number): string {
  const name = opcodeName(opcode);
  if (isReservedOpcode(opcode)) return isControl(opcode) ? `${name}, for control frames` : `${name}, for data frames`;
  if (opcode === OPCODE.CONTINUATION) return `${name}: the next fragment of a message`;
  return isControl(opcode) ? `${name}: a control frame` : `${name}: a data frame`;
}

function lengthMeaning(short: number): string {
  if (short === LENGTH_IS_16_BIT) return 'the length is in the next 2 bytes';
  if (short === LENGTH_IS_64_BIT) return 'the length is in the next 8 bytes';
  return bytes(BigInt(short));
}

/** "The minimal number of bytes MUST be used to encode the length", "the most significant bit MUST be 0". */
function extendedLengthError(length: bigint, short: number): Violation | false {
  if (length >> 63n !== 0n) return VIOLATION.LENGTH_SIGN_BIT;
  const least = short === LENGTH_IS_16_BIT ? BigInt(LENGTH_IS_16_BIT) : 0x1_0000n;
  return length < least && VIOLATION.LENGTH_NOT_MINIMAL;
}

function bytes(length: bigint): string {
  return length === 1n ? '1 byte of payload' : `${length} bytes of payload`;
}

/** Reads `bits` bits, most significant first. */
function bitsOf(header: Uint8Array, bit: number, bits: number): bigint {
  let value = 0n;
  for (let at = bit; at < bit + bits; at++) {
    value = (value << 1n) | BigInt((header[at >> 3]! >> (7 - (at & 7))) & 1);
  }
  return value;
}
