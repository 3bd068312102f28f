import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeWellFormed } from '../../src/platform/utf8-decoder.js';

function decode(text: string): string {
  const bytes = Buffer.from(`<${text}>`);
  return decodeWellFormed(bytes, 1, bytes.length - 1);
}

describe('decodeWellFormed', () => {
  test.each(['', 'A', '\0', '\x7f', '\x80', 'é', '\u07ff', '\u0800', '中文', '\ufeff', '\uffff', '😀', '\u{10ffff}'])(
    'decodes %j',
    text => {
      expect(decode(text)).toBe(text);
    },
  );

  test('decodes what the host encodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        expect(decode(text)).toBe(text);
      }),
    );
  });

  test('cuts a long text between characters, whatever their size', () => {
    for (const character of ['a', 'é', '中', '😀']) {
      for (let shift = 0; shift < 4; shift++) {
        const text = 'x'.repeat(shift) + character.repeat(20_000);
        expect(decode(text) === text).toBe(true);
      }
    }
  });

  test('a text that ends within a character does not throw', () => {
    const bytes = Buffer.from('中😀');
    for (let end = 0; end < bytes.length; end++) decodeWellFormed(bytes, 0, end);
  });
});
