import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printableCharacters, printableText } from '../../src/wire/printable.js';

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Texts with many characters that must be escaped. */
const SUSPICIOUS = fc
  .array(
    fc.constantFrom(
      'a',
      ' ',
      '日',
      '🎉',
      '"',
      '\\',
      '\x1b',
      '\u202e',
      '\u200d',
      '\ufe0f',
      '\ud800',
      '\u0301',
      '\u2028',
    ),
  )
  .map(characters => characters.join(''));

describe('printableText', () => {
  test.each([
    ['\x1b[2J', '\\x1b[2J'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['a\u200bb\u2028c\u00a0d', 'a\\u{200b}b\\u{2028}c\\u{a0}d'],
    ['\ud800', '\\u{d800}'],
    ['ü 日本 🎉 \\ "', 'ü 日本 🎉 \\ "'],
    ['a\u2066b\u061cc\ufeffd', 'a\\u{2066}b\\u{61c}c\\u{feff}d'],
    ['\u{e0061}\u{e007f}', '\\u{e0061}\\u{e007f}'],
    ['\ufe0f\u3164\u034f\u2800', '\\u{fe0f}\\u{3164}\\u{34f}\\u{2800}'],
    ['e\u0301 \u0e17\u0e35\u0e48', 'e\u0301 \u0e17\u0e35\u0e48'],
    ['\u0301a', '\\u{301}a'],
    ['\u200b\u0301', '\\u{200b}\\u{301}'],
    [`a${'\u0301'.repeat(6)}`, `a${'\u0301'.repeat(4)}\\u{301}\\u{301}`],
  ])('prints %j as %j', (text, printed) => {
    expect(printableText(text)).toBe(printed);
  });

  test('escapes all control, bidirectional and invisible characters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), SUSPICIOUS), text => {
        expect(printableText(text)).not.toMatch(INVISIBLE);
      }),
    );
  });

  test('keeps at most four combining marks in a row', () => {
    fc.assert(
      fc.property(SUSPICIOUS, text => {
        expect(printableText(text)).not.toMatch(/^\p{Mn}|\p{Mn}{5}/u);
      }),
    );
  });
});

describe('printableCharacters', () => {
  const shown = (bytes: readonly number[], quoting: 'bare' | 'quoted' = 'bare'): string =>
    [...printableCharacters(Uint8Array.from(bytes), quoting)].join('');

  test('escapes bytes that are not UTF-8', () => {
    expect(shown([0x68, 0xff, 0xe2, 0x82, 0xc3, 0xa9, 0xf0, 0x9f, 0x8e, 0x89, 0xc3])).toBe('h\\xff\\xe2\\x82é🎉\\xc3');
  });

  test('escapes quotes and backslashes only in a quoted text', () => {
    const bytes = [...Buffer.from('say "\\"')];
    expect(shown(bytes)).toBe('say "\\"');
    expect(shown(bytes, 'quoted')).toBe('say \\"\\\\\\"');
  });

  test('escapes all control, bidirectional and invisible characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), SUSPICIOUS, (bytes, text) => {
        expect(shown([...bytes, ...Buffer.from(text)], 'quoted')).not.toMatch(INVISIBLE);
      }),
    );
  });
});
