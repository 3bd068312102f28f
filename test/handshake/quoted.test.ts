import { expect, test } from 'vitest';
import { mismatch, quoted } from '../../src/handshake/quoted.js';

test('text of a peer is shortened, quoted and safe for a terminal', () => {
  expect(quoted('a"b')).toBe('"a\\"b"');
  expect(quoted('\x1b[31m\r\n\x7f\x9b')).toBe('"\\u001b[31m\\r\\n\\u007f\\u009b"');
  expect(quoted('\xe4')).toBe('"\xe4"');
  expect(quoted('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`);
  expect(quoted('x'.repeat(61))).toBe(`"${'x'.repeat(60)}…"`);
});

test('a mismatch says what was expected and what was received', () => {
  expect(mismatch('Host', 'one', [])).toBe('Host: expected one, got nothing');
  expect(mismatch('Host', 'one', ['a', 'b'])).toBe('Host: expected one, got "a" and "b"');
  expect(mismatch('Host', 'one', ['a', 'b', 'c', 'd'])).toBe('Host: expected one, got "a" and "b" and "c"');
});
