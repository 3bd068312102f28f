import type { ProtocolError } from '../errors.js';
import type { FrameHeader } from '../framing/index.js';
import { RSV1, type ViolationCode } from '../framing/index.js';
import { kStatusCode } from './constants.js';

/** An error of a Receiver: `code` as `ws` documents it, and the close code under `kStatusCode`. */
export type FrameError = Error & { code: string; [kStatusCode]: number };

export function frameError(
  ErrorClass: ErrorConstructor | RangeErrorConstructor,
  message: string,
  closeCode: number,
  code: string,
): FrameError {
  return Object.assign(new ErrorClass(message), { code, [kStatusCode]: closeCode });
}

function invalidFrame(message: string, code: string, closeCode = 1002, ErrorClass: ErrorConstructor = RangeError) {
  return frameError(ErrorClass, `Invalid WebSocket frame: ${message}`, closeCode, code);
}

export function payloadTooLarge(): FrameError {
  return frameError(RangeError, 'Max payload size exceeded', 1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
}

export function invalidUtf8(): FrameError {
  return invalidFrame('invalid UTF-8 sequence', 'WS_ERR_INVALID_UTF8', 1007, Error);
}

export function invalidControlLength(length: number): FrameError {
  return invalidFrame(`invalid payload length ${length}`, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH');
}

export function invalidCloseCode(code: number): FrameError {
  return invalidFrame(`invalid status code ${code}`, 'WS_ERR_INVALID_CLOSE_CODE');
}

const clearRsv1 = () => invalidFrame('RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1');
const invalidOpcode = ({ opcode }: FrameHeader) => invalidFrame(`invalid opcode ${opcode}`, 'WS_ERR_INVALID_OPCODE');
const tooLong = () =>
  frameError(
    RangeError,
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
    1009,
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  );

/** The error of `ws` for each rule that a frame can break. The others concern bytes that this folder checks itself. */
const ERRORS: { readonly [code in ViolationCode]?: (header: FrameHeader) => FrameError } = {
  RESERVED_BITS: ({ rsv }) =>
    (rsv & ~RSV1) === 0 ? clearRsv1() : invalidFrame('RSV2 and RSV3 must be clear', 'WS_ERR_UNEXPECTED_RSV_2_3'),
  MISPLACED_COMPRESSED_BIT: clearRsv1,
  RESERVED_OPCODE: invalidOpcode,
  CONTINUATION_OF_NOTHING: invalidOpcode,
  MESSAGE_INTERRUPTED: invalidOpcode,
  UNMASKED_CLIENT_FRAME: () => invalidFrame('MASK must be set', 'WS_ERR_EXPECTED_MASK'),
  MASKED_SERVER_FRAME: () => invalidFrame('MASK must be clear', 'WS_ERR_UNEXPECTED_MASK'),
  FRAGMENTED_CONTROL_FRAME: () => invalidFrame('FIN must be set', 'WS_ERR_EXPECTED_FIN'),
  CONTROL_FRAME_TOO_LONG: ({ payloadLength }) => invalidControlLength(payloadLength),
  LENGTH_SIGN_BIT: tooLong,
  MESSAGE_TOO_BIG: ({ payloadLength }) => (payloadLength > Number.MAX_SAFE_INTEGER ? tooLong() : payloadTooLarge()),
  TOO_MANY_FRAGMENTS: () => tooManyParts('message fragments'),
  INVALID_UTF8: invalidUtf8,
};

export function tooManyParts(parts: string): FrameError {
  return frameError(RangeError, `Too many ${parts}`, 1008, 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
}

/** Returns the error of `ws` for a frame that breaks a rule. */
export function frameErrorOf({ violation }: ProtocolError, header: FrameHeader): FrameError {
  const make = ERRORS[violation.code as ViolationCode];
  // `ws` accepts a length that is not minimal.
  return make?.(header) ?? invalidFrame(violation.message, 'WS_ERR_INVALID_FRAME', violation.closeCode);
}
