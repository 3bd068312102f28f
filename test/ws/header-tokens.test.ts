import { describe, expect, test } from 'vitest';
import { extension, subprotocol } from '../../src/ws/index.js';

describe('extension.parse()', () => {
  test('returns the offers of each extension in order, and each value of a parameter', () => {
    expect(extension.parse('a; x; y=1; x="2", b, a')).toEqual({
      a: [{ x: [true, '2'], y: ['1'] }, {}],
      b: [{}],
    });
  });

  test('returns objects without a prototype, so a parameter may have any name', () => {
    const offers = new Map(Object.entries(extension.parse('toString; constructor')));
    expect(Object.getPrototypeOf(extension.parse('a'))).toBeNull();
    const [offer] = offers.get('toString')!;
    expect(Object.getPrototypeOf(offer)).toBeNull();
    expect(Object.entries(offer!)).toEqual([['constructor', [true]]]);
  });

  test('reads escaped characters of a quoted value', () => {
    expect(extension.parse('a; x="\\o\\k"')).toEqual({ a: [{ x: ['ok'] }] });
  });

  test.each([
    ['', 'Unexpected end of input'],
    ['a ', 'Unexpected end of input'],
    ['a; x="open', 'Unexpected end of input'],
    ['a;;', 'Unexpected character at index 2'],
    ['a b', 'Unexpected character at index 2'],
    [' a', 'Unexpected character at index 0'],
    ['a; x=""', 'Unexpected character at index 6'],
    ['a; x="b c"', 'Unexpected character at index 7'],
    ['a; x="b"c', 'Unexpected character at index 8'],
  ])('refuses %j and names the place', (header, message) => {
    expect(() => extension.parse(header)).toThrow(new SyntaxError(message));
  });
});

describe('extension.format()', () => {
  test('writes what parse() reads', () => {
    const header = 'a; x; x=2; y=1, a, b; z=3';
    expect(extension.format(extension.parse(header))).toBe(header);
  });

  test('accepts single values and single offers', () => {
    expect(extension.format({ a: { x: true, y: 10 } })).toBe('a; x; y=10');
  });
});

describe('subprotocol.parse()', () => {
  test('returns the names in order, without the white space around them', () => {
    expect([...subprotocol.parse('chat ,\tsoap,v2.json')]).toEqual(['chat', 'soap', 'v2.json']);
  });

  test.each([
    ['a,a', 'The "a" subprotocol is duplicated'],
    ['a,,b', 'Unexpected character at index 2'],
    ['a b', 'Unexpected character at index 2'],
    ['a@b', 'Unexpected character at index 1'],
    ['a,', 'Unexpected end of input'],
  ])('refuses %j', (header, message) => {
    expect(() => subprotocol.parse(header)).toThrow(new SyntaxError(message));
  });
});
