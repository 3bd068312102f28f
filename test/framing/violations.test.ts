import { expect, test } from 'vitest';
import { isCloseCodeOnWire } from '../../src/framing/close-code.js';
import { MAX_REASON_LENGTH } from '../../src/framing/close-payload.js';
import { VIOLATION } from '../../src/framing/violations.js';

test('every rule has the close code and the section of the RFC', () => {
  const rows = Object.values(VIOLATION).map(({ code, closeCode, section }) => [code, closeCode, section]);
  expect(rows).toEqual([
    ['RESERVED_BITS', 1002, '§5.2'],
    ['RESERVED_OPCODE', 1002, '§5.2'],
    ['UNMASKED_CLIENT_FRAME', 1002, '§5.1'],
    ['MASKED_SERVER_FRAME', 1002, '§5.1'],
    ['FRAGMENTED_CONTROL_FRAME', 1002, '§5.5'],
    ['CONTROL_FRAME_TOO_LONG', 1002, '§5.5'],
    ['LENGTH_NOT_MINIMAL', 1002, '§5.2'],
    ['LENGTH_SIGN_BIT', 1002, '§5.2'],
    ['CONTINUATION_OF_NOTHING', 1002, '§5.4'],
    ['MESSAGE_INTERRUPTED', 1002, '§5.4'],
    ['MESSAGE_TOO_BIG', 1009, '§10.4'],
    ['TOO_MANY_FRAGMENTS', 1008, '§10.4'],
    ['INVALID_UTF8', 1007, '§8.1'],
    ['MISPLACED_COMPRESSED_BIT', 1002, 'RFC 7692 §6'],
    ['INVALID_COMPRESSED_DATA', 1007, 'RFC 7692 §7.2.2'],
    ['CLOSE_PAYLOAD_TOO_SHORT', 1002, '§5.5.1'],
    ['INVALID_CLOSE_CODE', 1002, '§7.4'],
    ['INVALID_CLOSE_REASON', 1007, '§5.5.1'],
  ]);
});

test.each(Object.entries(VIOLATION))('%s fits in a Close frame', (code, violation) => {
  expect(violation.code).toBe(code);
  expect(isCloseCodeOnWire(violation.closeCode)).toBe(true);
  expect(Buffer.byteLength(violation.message)).toBeLessThanOrEqual(MAX_REASON_LENGTH);
});
