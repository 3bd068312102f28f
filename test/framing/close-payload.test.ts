import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.js';
import {
  closeReasonOf,
  encodeClosePayload,
  isViolation,
  MAX_REASON_LENGTH,
  parseClosePayload,
} from '../../src/framing/close-payload.js';
import { VIOLATION } from '../../src/framing/violations.js';
import { ascii, hex } from '../helpers/bytes.js';

describe('parseClosePayload()', () => {
  test('§7.1.5: an empty body is read as 1005', () => {
    expect(parseClosePayload(hex(''))).toEqual({ code: 1005, reason: '' });
  });

  test('§5.5.1: the first two bytes are the code, most significant first, the rest is the reason [5.5.1-1] [5.5.1-2] [5.5.1-3]', () => {
    expect(parseClosePayload(hex('03e8'))).toEqual({ code: 1000, reason: '' });
    expect(parseClosePayload(hex('0fa0 c3a9 21'))).toEqual({ code: 4000, reason: 'é!' });
  });

  test('§5.5.1: a body of one byte breaks a rule [5.5.1-2]', () => {
    expect(parseClosePayload(hex('03'))).toBe(VIOLATION.CLOSE_PAYLOAD_TOO_SHORT);
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])('§7.4: code %i breaks a rule', code => {
    const parsed = parseClosePayload(Uint8Array.of(code >> 8, code & 0xff));
    expect(parsed).toBe(VIOLATION.INVALID_CLOSE_CODE);
    expect(isViolation(parsed)).toBe(true);
  });

  test.each(['c0af', 'eda080', 'f4908080', 'ff', 'c3'])(
    '§8.1: a reason of %s is not UTF-8, whole or cut off',
    reason => {
      expect(parseClosePayload(hex(`03e8${reason}`))).toBe(VIOLATION.INVALID_CLOSE_REASON);
    },
  );

  test('the code is checked before the reason', () => {
    expect(parseClosePayload(hex('03ed ff'))).toBe(VIOLATION.INVALID_CLOSE_CODE);
  });
});

describe('encodeClosePayload()', () => {
  test('the body is empty without a code', () => {
    expect(encodeClosePayload()).toEqual(new Uint8Array(0));
    expect(encodeClosePayload(undefined, '')).toEqual(new Uint8Array(0));
  });

  test('a written body is read back [5.5.1-2] [5.5.1-3]', () => {
    for (const [code, reason] of [
      [1000, ''],
      [1001, 'going'],
      [4999, '🦉 é'],
    ] as const) {
      const parsed = parseClosePayload(encodeClosePayload(code, reason));
      expect(parsed).toEqual({ code, reason });
      expect(isViolation(parsed)).toBe(false);
    }
  });

  test('§5.5: a reason of 123 bytes fits, one of 124 throws, and bytes are counted, not characters', () => {
    expect(encodeClosePayload(1000, 'a'.repeat(MAX_REASON_LENGTH))).toHaveLength(125);
    expect(() => encodeClosePayload(1000, 'a'.repeat(124))).toThrow(
      'reason must be at most 123 bytes of UTF-8 (it has 124)',
    );
    expect(encodeClosePayload(1000, 'é'.repeat(61))).toHaveLength(124);
    expect(() => encodeClosePayload(1000, 'é'.repeat(62))).toThrow(RangeError);
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 9999, 1000.5, Number.NaN])('§7.4: code %d throws', code => {
    expect(() => encodeClosePayload(code)).toThrow(RangeError);
    expect(() => encodeClosePayload(code)).toThrow(`got ${code}`);
  });

  test.each([1005, 1006])('the error for %d, which is never on the wire, says how to send no code', code => {
    expect(() => encodeClosePayload(code)).toThrow(`(RFC 6455 §7.4), or undefined to send no code, got ${code}`);
    expect(() => encodeClosePayload(1004)).toThrow('(RFC 6455 §7.4), got 1004');
  });

  test('a reason without a code throws', () => {
    expect(() => encodeClosePayload(undefined, 'why')).toThrow('code must be a number if there is a reason');
  });

  test('CVE-2026-45736: a reason that is memory, not a string, throws', () => {
    const reason = new Float32Array(20) as unknown as string;
    expect(() => encodeClosePayload(1000, reason)).toThrow('reason must be a string, got a Float32Array');
    expect(() => encodeClosePayload(1000, reason)).toThrow(TypeError);
    expect(() => encodeClosePayload('1000' as unknown as number)).toThrow(TypeError);
  });

  test('every byte of the body is written, also for a lone surrogate', () => {
    expect(encodeClosePayload(1000, 'a\ud800b')).toEqual(
      new Uint8Array([3, 0xe8, ...ascii('a'), 0xef, 0xbf, 0xbd, ...ascii('b')]),
    );
  });
});

describe('closeReasonOf()', () => {
  const { INVALID_CLOSE_CODE, MESSAGE_TOO_BIG } = VIOLATION;

  test('returns the rule, and what broke it', () => {
    const error = new ProtocolError(MESSAGE_TOO_BIG, 0, '5 bytes, of at most 4');
    expect(closeReasonOf(error)).toBe('the message is too big: 5 bytes, of at most 4');
  });

  test('returns the rule alone if nothing is said about what broke it', () => {
    expect(closeReasonOf(new ProtocolError(INVALID_CLOSE_CODE, 0))).toBe(INVALID_CLOSE_CODE.message);
  });

  test('leaves out what broke the rule if both take more than 123 bytes of UTF-8', () => {
    const room = MAX_REASON_LENGTH - MESSAGE_TOO_BIG.message.length - ': '.length;
    const reasonFor = (detail: string) => closeReasonOf(new ProtocolError(MESSAGE_TOO_BIG, 0, detail));
    expect(reasonFor('x'.repeat(room))).toHaveLength(MAX_REASON_LENGTH);
    expect(reasonFor('x'.repeat(room + 1))).toBe(MESSAGE_TOO_BIG.message);
    expect(reasonFor('é'.repeat(room / 2 + 1))).toBe(MESSAGE_TOO_BIG.message);
  });
});
