import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brokenLines, type Excerpt, elided, hexPreview, quotedPreview, wrapped } from '../../src/wire/fit.js';
import { widthOf } from '../../src/wire/width.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const excerpt = (start: string, end = '', length = utf8(start + end).length): Excerpt => ({
  start: utf8(start),
  end: utf8(end),
  length,
});
const quoted = (text: string, columns = 43): string => quotedPreview(excerpt(text), columns);

/** Texts with characters of all widths. */
const TEXT = fc
  .array(fc.constantFrom('a', 'b', ' ', '日', '🎉', 'e\u0301', '"', '\x1b', '\u202e'), { maxLength: 120 })
  .map(characters => characters.join(''));
const EXCERPT = fc
  .tuple(fc.oneof(TEXT.map(utf8), fc.uint8Array({ maxLength: 80 })), fc.uint8Array({ maxLength: 64 }), fc.nat(500))
  .map(([start, end, missing]) => ({ start, end, length: start.length + end.length + missing }));
const COLUMNS = fc.integer({ min: 20, max: 140 });

describe('quotedPreview', () => {
  test('returns a text that fits unchanged', () => {
    expect(quoted('12345678', 10)).toBe('"12345678"');
    expect(quotedPreview(excerpt('1234', '5678'), 10)).toBe('"12345678"');
  });

  test('omits the middle of a text that does not fit', () => {
    expect(quoted('the quick brown fox jumps over the lazy dog', 25)).toBe('"the quick brow"…"zy dog"');
  });

  test('returns the start and the end of a text whose middle is unknown', () => {
    expect(quotedPreview(excerpt('abcdefghij', 'xyz', 1_000), 20)).toBe('"abcdefghij"…"xyz"');
    expect(quotedPreview(excerpt('abc', '', 9), 20)).toBe('"abc"…');
    expect(quotedPreview(excerpt('12345678', '', 9), 10)).toBe('"1234567"…');
  });

  test('omits a character that is only partly in the end', () => {
    const end = utf8('€uro').subarray(1);
    expect(quotedPreview({ start: utf8('a'), end, length: 1_000 }, 20)).toBe('"a"…"uro"');
  });

  test('counts wide characters as two columns, and never splits an escape', () => {
    expect(quoted('日本語日本語', 12)).toBe('"日本"…"語"');
    expect(quoted('12345678901\x1b', 14)).toBe('"12345678901"…');
  });

  test('never exceeds its columns', () => {
    fc.assert(
      fc.property(EXCERPT, COLUMNS, (excerpt, columns) => {
        expect(widthOf(quotedPreview(excerpt, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('hexPreview', () => {
  const hex = (start: number[], end: number[], length: number, columns: number): string =>
    hexPreview({ start: Uint8Array.from(start), end: Uint8Array.from(end), length }, columns);

  test('returns all bytes if they fit', () => {
    expect(hex([0, 10, 255], [], 3, 8)).toBe('00 0a ff');
    expect(hex([0, 10], [255], 3, 8)).toBe('00 0a ff');
  });

  test('omits the middle of bytes that do not fit', () => {
    expect(hex([0, 1, 2, 3, 4, 5, 6, 7], [], 8, 14)).toBe('00 01 02 … 07');
    expect(hex([0, 1, 2, 3, 4], [9], 100, 14)).toBe('00 01 02 … 09');
    expect(hex([0], [], 9, 14)).toBe('00 …');
  });

  test('never exceeds its columns', () => {
    fc.assert(
      fc.property(EXCERPT, COLUMNS, (excerpt, columns) => {
        expect(hexPreview(excerpt, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('brokenLines', () => {
  test('breaks at the column, but not within a wide character or an escape', () => {
    expect(brokenLines('abcdef', 3)).toEqual(['abc', 'def']);
    expect(brokenLines(['a', 'b', '日', '\\n', 'c', 'd'], 3)).toEqual(['ab', '日', '\\nc', 'd']);
    expect(brokenLines('', 3)).toEqual(['']);
  });

  test('breaks after a space near the end of a line', () => {
    expect(brokenLines('first; second; third', 10)).toEqual(['first; ', 'second; ', 'third']);
    expect(brokenLines('one; two-and-more', 10)).toEqual(['one; two-a', 'nd-more']);
  });

  test('can make the lines after the first shorter', () => {
    expect(brokenLines('abcdefgh', 4, 2)).toEqual(['abcd', 'ef', 'gh']);
  });

  test('never exceeds its columns, and omits nothing', () => {
    fc.assert(
      fc.property(TEXT, COLUMNS, (text, columns) => {
        const lines = brokenLines(text, columns);
        expect(lines.join('')).toBe(text);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('elided', () => {
  test('replaces the middle of a text that does not fit', () => {
    expect(elided([...'short'], 10, '…').join('')).toBe('short');
    expect(elided([...'abcdefghijkl'], 10, '…').join('')).toBe('abcdef…jkl');
  });

  test('never exceeds its columns', () => {
    fc.assert(
      fc.property(TEXT, COLUMNS, (text, columns) => {
        expect(widthOf(elided([...text], columns, ' … ').join(''))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('wrapped', () => {
  test('breaks at spaces, and within a word that is longer than a line', () => {
    expect(wrapped('one two three', 8, 2)).toEqual(['one two', 'three']);
    expect(wrapped('one two', 7, 2)).toEqual(['one two']);
    expect(wrapped('abcdefghij kl', 8, 2)).toEqual(['abcdefgh', 'ij kl']);
    expect(wrapped('日本語日本語', 8, 4)).toEqual(['日本語日', '本語']);
  });

  test('shortens the lines after the first by the indent', () => {
    expect(wrapped('aa bb cc dd ee ff', 8, 3)).toEqual(['aa bb cc', 'dd ee', 'ff']);
  });

  test('never exceeds its columns, and omits only spaces', () => {
    fc.assert(
      fc.property(TEXT, COLUMNS, fc.integer({ min: 0, max: 13 }), (text, columns, indent) => {
        const lines = wrapped(text, columns, indent);
        lines.forEach((line, i) => {
          expect(widthOf(line)).toBeLessThanOrEqual(i === 0 ? columns : columns - indent);
        });
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
