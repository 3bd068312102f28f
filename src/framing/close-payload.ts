import { decodeUtf8, isUtf8, utf8Length, writeUtf8 } from '#platform';
import { invalidType, invalidValue, type ProtocolError, type Violation } from '../errors.js';
import { CLOSE_CODE, isCloseCodeOnWire } from './close-code.js';
import { MAX_CONTROL_PAYLOAD } from './frame-header.js';
import { VIOLATION } from './violations.js';

/** The body of a Close frame: a 2-byte code and a reason in UTF-8, or nothing (RFC 6455 §5.5.1). */
export interface ClosePayload {
  /** 1005 if the frame has no body. */
  readonly code: number;
  readonly reason: string;
}

/** The payload of a control frame has at most 125 bytes, and the code takes two. */
export const MAX_REASON_LENGTH: number = MAX_CONTROL_PAYLOAD - 2;

/** Parses the body of a received Close frame, or returns the rule that it breaks. */
export function parseClosePayload(bytes: Uint8Array): ClosePayload | Violation {
  // "this Close control frame contains no status code": 1005 (§7.1.5).
  if (bytes.length === 0) return { code: CLOSE_CODE.NO_STATUS_RECEIVED, reason: '' };
  // "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer" (§5.5.1).
  if (bytes.length === 1) return VIOLATION.CLOSE_PAYLOAD_TOO_SHORT;
  const code = (bytes[0]! << 8) | bytes[1]!;
  // "1005 … MUST NOT be set as a status code in a Close control frame by an endpoint", nor 1006 and 1015 (§7.4.1).
  if (!isCloseCodeOnWire(code)) return VIOLATION.INVALID_CLOSE_CODE;
  // "Following the 2-byte integer, the body MAY contain UTF-8-encoded data" (§5.5.1).
  if (!isUtf8(bytes, 2, bytes.length)) return VIOLATION.INVALID_CLOSE_REASON;
  return { code, reason: decodeUtf8(bytes, 2, bytes.length) };
}

/** Returns whether a result of parseClosePayload() is a broken rule. */
export function isViolation(parsed: ClosePayload | Violation): parsed is Violation {
  return 'closeCode' in parsed;
}

/**
 * Returns the body of a Close frame. It is empty if there is no code.
 *
 * @throws {TypeError} if `code` is not a number, `reason` is not a string, or there is a reason without a code
 * @throws {RangeError} if the code must not be sent (§7.4), or the reason is longer than 123 bytes of UTF-8
 */
export function encodeClosePayload(code?: number, reason = ''): Uint8Array {
  if (typeof reason !== 'string') throw invalidType('reason', 'a string', reason);
  if (code === undefined) {
    if (reason !== '') throw invalidType('code', 'a number if there is a reason', code);
    return new Uint8Array(0);
  }
  if (typeof code !== 'number') throw invalidType('code', 'a number', code);
  if (!isCloseCodeOnWire(code)) {
    // An application gets these two when it passes on the code of another connection's CloseInfo.
    const isNone = code === CLOSE_CODE.NO_STATUS_RECEIVED || code === CLOSE_CODE.ABNORMAL_CLOSURE;
    const none = isNone ? ', or undefined to send no code' : '';
    throw invalidValue('code', `1000 to 1003, 1007 to 1014, or 3000 to 4999 (RFC 6455 §7.4)${none}`, code);
  }
  const length = utf8Length(reason);
  if (length > MAX_REASON_LENGTH) {
    throw invalidValue('reason', `at most ${MAX_REASON_LENGTH} bytes of UTF-8 (it has ${length})`, reason);
  }
  const bytes = new Uint8Array(2 + length);
  bytes[0] = code >>> 8;
  bytes[1] = code;
  writeUtf8(reason, bytes, 2);
  return bytes;
}

/** Returns the close reason for a broken rule: the rule and, if there is room, what broke it. */
export function closeReasonOf({ violation: { message }, detail }: ProtocolError): string {
  const reason = `${message}: ${detail}`;
  return detail === '' || utf8Length(reason) > MAX_REASON_LENGTH ? message : reason;
}
