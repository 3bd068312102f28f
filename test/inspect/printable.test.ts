import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexPreview, printableLines, printableText, quotedPreview } from '../../src/inspect/printable.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const quoted = (text: string, columns = 43): string => quotedPreview(utf8(text), utf8(text).length, columns);

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Texts dense with what must be escaped. */
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

describe('printableText: no text of a peer reaches the terminal as a command', () => {
  it.each([
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
  ])('%j prints as %j', (text, printed) => {
    expect(printableText(text)).toBe(printed);
  });

  it('never lets a control, bidirectional or invisible character through', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), SUSPICIOUS), text => {
        expect(printableText(text)).not.toMatch(INVISIBLE);
      }),
    );
  });

  it('leaves at most four combining marks in a row', () => {
    fc.assert(
      fc.property(SUSPICIOUS, text => {
        expect(printableText(text)).not.toMatch(/^\p{Mn}|\p{Mn}{5}/u);
      }),
    );
  });
});

describe('quotedPreview', () => {
  it('escapes what would end the quotes', () => {
    expect(quoted('say "\\"')).toBe('"say \\"\\\\\\""');
  });

  it('shows bytes that are no UTF-8 as such', () => {
    const bytes = Uint8Array.of(0x68, 0xff, 0xe2, 0x82, 0xc3, 0xa9, 0xf0, 0x9f, 0x8e, 0x89, 0xc3);
    expect(quotedPreview(bytes, bytes.length, 43)).toBe('"h\\xff\\xe2\\x82é🎉\\xc3"');
  });

  it('takes a text that just fits whole, and marks a cut behind the quotes', () => {
    expect(quoted('12345678', 10)).toBe('"12345678"');
    expect(quoted('123456789', 10)).toBe('"1234567"…');
  });

  it('marks a text of which more was sent than is given', () => {
    expect(quotedPreview(utf8('abc'), 9, 10)).toBe('"abc"…');
    expect(quotedPreview(utf8('12345678'), 9, 10)).toBe('"1234567"…');
  });

  it('counts two columns for wide characters, and cuts no escape in two', () => {
    expect(quoted('日本語日本語', 10)).toBe('"日本語"…');
    expect(quoted('123456\x1b', 10)).toBe('"123456"…');
  });

  it('keeps within its columns', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 8, max: 40 }), (bytes, columns) => {
        expect(quotedPreview(bytes, bytes.length, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('hexPreview', () => {
  it('shows what fits, and marks a cut', () => {
    expect(hexPreview(Uint8Array.of(0, 10, 255), 3, 8)).toBe('00 0a ff');
    expect(hexPreview(Uint8Array.of(0, 10, 255, 1), 4, 8)).toBe('00 0a …');
    expect(hexPreview(Uint8Array.of(0), 9, 8)).toBe('00 …');
  });
});

describe('printableLines', () => {
  it('breaks at the column, wide characters and escapes whole', () => {
    expect(printableLines(utf8('abcdef'), 3)).toEqual(['abc', 'def']);
    expect(printableLines(utf8('ab日\ncd'), 3)).toEqual(['ab', '日', '\\nc', 'd']);
  });

  it('gives one empty line for nothing', () => {
    expect(printableLines(utf8(''), 3)).toEqual(['']);
  });
});
