import type { Violation, ViolationCode } from '../errors.js';

/**
 * The rules that a peer can break after the opening handshake. Each row has the close code that fails the connection
 * (§7.1.7, §7.4.1), the section of the RFC, and the rule in a few words.
 */
const rules = {
  // The header of one frame, in the order in which the decoder checks it.
  RESERVED_BITS: [1002, '§5.2', 'a reserved bit is set, but no extension uses it'],
  RESERVED_OPCODE: [1002, '§5.2', 'the opcode is reserved'],
  UNMASKED_CLIENT_FRAME: [1002, '§5.1', 'a frame from a client must be masked'],
  MASKED_SERVER_FRAME: [1002, '§5.1', 'a frame from a server must not be masked'],
  FRAGMENTED_CONTROL_FRAME: [1002, '§5.5', 'a control frame must not be fragmented'],
  CONTROL_FRAME_TOO_LONG: [1002, '§5.5', 'a control frame has at most 125 bytes of payload'],
  LENGTH_NOT_MINIMAL: [1002, '§5.2', 'the payload length must use as few bytes as possible'],
  LENGTH_SIGN_BIT: [1002, '§5.2', 'the first bit of a 64-bit payload length must be 0'],

  // Frames as parts of a message.
  CONTINUATION_OF_NOTHING: [1002, '§5.4', 'a continuation frame arrived, but no message is open'],
  MESSAGE_INTERRUPTED: [1002, '§5.4', 'a new message began before the last one ended'],
  MESSAGE_TOO_BIG: [1009, '§10.4', 'the message is too big'],
  TOO_MANY_FRAGMENTS: [1008, '§10.4', 'the message has too many fragments'],
  INVALID_UTF8: [1007, '§8.1', 'a text message must be UTF-8'],

  // Compressed messages.
  MISPLACED_COMPRESSED_BIT: [1002, 'RFC 7692 §6', 'only the first frame of a compressed message may have RSV1'],
  INVALID_COMPRESSED_DATA: [1007, 'RFC 7692 §7.2.2', 'a compressed message must be DEFLATE data'],

  // The body of a Close frame.
  CLOSE_PAYLOAD_TOO_SHORT: [1002, '§5.5.1', 'a Close frame with a body must begin with a 2-byte code'],
  INVALID_CLOSE_CODE: [1002, '§7.4', 'the close code must not be used on the wire'],
  INVALID_CLOSE_REASON: [1007, '§5.5.1', 'a close reason must be UTF-8'],
} as const satisfies {
  readonly [code in ViolationCode]: readonly [closeCode: number, section: string, message: string];
};

/** The rules by their codes. */
export const VIOLATION: { readonly [code in ViolationCode]: Violation } = Object.fromEntries(
  Object.entries(rules).map(([code, [closeCode, section, message]]) => [code, { code, closeCode, section, message }]),
) as { [code in ViolationCode]: Violation };
