import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isFieldByte,
  isFieldValue,
  isToken,
  parseList,
  parseTokenList,
  Scanner,
  trimWhitespace,
} from '../../src/handshake/grammar.js';

const TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const token = fc.string({ unit: fc.constantFrom(...TCHAR), minLength: 1 });

describe('token (RFC 9110 §5.6.2)', () => {
  test('has the characters of tchar and no others', () => {
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      expect(isToken(character), `U+${code.toString(16)}`).toBe(TCHAR.includes(character));
      expect(isToken(`a${character}b`)).toBe(TCHAR.includes(character));
    }
  });

  test('is not empty', () => {
    expect(isToken('')).toBe(false);
    expect(new Scanner('').token()).toBeUndefined();
  });
});

describe('field-value (RFC 9110 §5.5)', () => {
  test('has HTAB, SP, VCHAR and obs-text, and no others', () => {
    for (let code = 0; code < 0x180; code++) {
      const allowed = code === 9 || (code >= 0x20 && code <= 0x7e) || (code >= 0x80 && code <= 0xff);
      expect(isFieldByte(code), `U+${code.toString(16)}`).toBe(allowed);
      expect(isFieldValue(`a${String.fromCharCode(code)}`)).toBe(allowed);
    }
  });

  test('may be empty', () => {
    expect(isFieldValue('')).toBe(true);
  });

  test('loses only SP and HTAB at its ends', () => {
    expect(trimWhitespace(' \t a b\t ')).toBe('a b');
    expect(trimWhitespace('\xa0a\xa0')).toBe('\xa0a\xa0');
    expect(trimWhitespace('\t ')).toBe('');
    expect(trimWhitespace('')).toBe('');
  });
});

describe('quoted-string (RFC 9110 §5.6.4)', () => {
  test.each([
    ['""', ''],
    ['"a b"', 'a b'],
    ['"a\tb\xff"', 'a\tb\xff'],
    ['"a\\"b\\\\c\\d"', 'a"b\\cd'],
    ['"\\""', '"'],
    ['"a" rest', 'a'],
  ])('%s', (text, content) => {
    expect(new Scanner(text).quotedString()).toBe(content);
  });

  test.each(['', 'a', '"', '"a', '"a\\', '"a\\"', '"a\0"', '"a\\\0"', '"\u0100"', '"\x7f"'])('not %j', text => {
    expect(new Scanner(text).quotedString()).toBeUndefined();
  });

  test('returns the content, and continues after the closing quote', () => {
    const content = fc.string({ unit: fc.constantFrom('"', '\\', ' ', '\t', 'a', ',', '\xe9') });
    fc.assert(
      fc.property(content, text => {
        const scanner = new Scanner(`"${text.replaceAll(/["\\]/g, '\\$&')}";`);
        expect(scanner.quotedString()).toBe(text);
        expect(scanner.take(';')).toBe(true);
        expect(scanner.atEnd).toBe(true);
      }),
    );
  });
});

describe('lists (RFC 9110 §5.6.1)', () => {
  test.each<[string[], string[] | undefined]>([
    [[], []],
    [[''], []],
    [[' , ,\t'], []],
    [['a'], ['a']],
    [['a,b , c\t,\td'], ['a', 'b', 'c', 'd']],
    [[',a,,b,'], ['a', 'b']],
    [
      ['a', 'b, c'],
      ['a', 'b', 'c'],
    ],
    [['a b'], undefined],
    [['a;b'], undefined],
    [['a', '('], undefined],
    [['a, "b"'], undefined],
    [['\xa0a'], undefined],
  ])('%j', (lines, elements) => {
    expect(parseTokenList(lines)).toEqual(elements);
  });

  test('have the same elements in one line or several, with or without white space', () => {
    const separator = fc.constantFrom(',', ', ', ' ,\t', ',,', ' , ,', '\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(token, separator)), pairs => {
        expect(parseTokenList(pairs.flat().join('').split('\n'))).toEqual(pairs.map(([element]) => element));
      }),
    );
  });

  test('take elements of any kind', () => {
    expect(parseList(['"a,b", "c"'], scanner => scanner.quotedString())).toEqual(['a,b', 'c']);
  });
});
