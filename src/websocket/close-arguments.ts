import { syntaxError } from './url.js';

/** The longest reason in bytes of UTF-8: a control frame has 125 bytes, and the code takes two (RFC 6455 §5.5). */
const MAX_REASON_LENGTH = 123;

/**
 * Checks the code and the reason that an application passed to close a connection, and returns the code to send
 * (WHATWG WebSockets, "validate close code and reason").
 *
 * @throws {DOMException} InvalidAccessError for the code, SyntaxError for the reason
 */
export function checkClose(code: number | undefined, reason: string): number | undefined {
  // "If code is present, but is neither an integer equal to 1000 nor an integer in the range 3000 to 4999, inclusive,
  // throw an InvalidAccessError."
  if (code !== undefined && code !== 1_000 && (code < 3_000 || code > 4_999)) {
    throw new DOMException(`the close code must be 1000 or 3000 to 4999, got ${code}`, 'InvalidAccessError');
  }
  // "If reasonBytes is longer than 123 bytes, then throw a SyntaxError."
  const length = Buffer.byteLength(reason);
  if (length > MAX_REASON_LENGTH) {
    throw syntaxError(`the close reason must have at most ${MAX_REASON_LENGTH} bytes of UTF-8, it has ${length}`);
  }
  // A Close frame can't have a reason without a code (RFC 6455 §5.5.1).
  return code === undefined && reason !== '' ? 1_000 : code;
}
