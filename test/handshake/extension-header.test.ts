import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from '../../src/handshake/extension-header.js';

const token = fc.string({ unit: fc.constantFrom(...'aZ9-_!~'), minLength: 1, maxLength: 8 });
const offers: fc.Arbitrary<ExtensionOffer[]> = fc.array(
  fc.record({
    name: token,
    parameters: fc.array(fc.tuple(token, fc.oneof(token, fc.constant<true>(true))), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('parseExtensions (RFC 6455 §9.1)', () => {
  test.each<[string, ExtensionOffer[]]>([
    ['deflate-stream', [{ name: 'deflate-stream', parameters: [] }]],
    [
      'mux; max-channels=4; flow-control, deflate-stream',
      [
        {
          name: 'mux',
          parameters: [
            ['max-channels', '4'],
            ['flow-control', true],
          ],
        },
        { name: 'deflate-stream', parameters: [] },
      ],
    ],
    ['a;b="c"', [{ name: 'a', parameters: [['b', 'c']] }]],
    ['a; b="\\c\\1"', [{ name: 'a', parameters: [['b', 'c1']] }]],
    [
      'a ;\tb = c ; b',
      [
        {
          name: 'a',
          parameters: [
            ['b', 'c'],
            ['b', true],
          ],
        },
      ],
    ],
    ['__proto__; constructor=1', [{ name: '__proto__', parameters: [['constructor', '1']] }]],
  ])('%s', (text, extensions) => {
    expect(parseExtensions([text])).toEqual(extensions);
  });

  test('reads `foo` and `bar; baz=2` in two lines as `foo, bar; baz=2` [9.1-3] [11.3.2-1]', () => {
    expect(parseExtensions(['foo', 'bar; baz=2'])).toEqual(parseExtensions(['foo, bar; baz=2']));
  });

  test.each([[[]], [['']], [[' , ,']], [['', ',']]])('returns none for the lines %j', lines => {
    expect(parseExtensions(lines)).toEqual([]);
  });

  test.each([
    ';',
    'a;',
    'a;;b',
    'a;b=',
    'a;=b',
    'a=b',
    'a b',
    'a;b c',
    'a;b=c d',
    'a;b="c',
    'a;b="c d"',
    'a;b=""',
    'a;b="c,d"',
    'a;b="\\"',
    'a;b="c"d',
    "a;b='c d'",
    'a/b',
    '"a"',
    'a;"b"',
    'a\xe4',
  ])('not %j [4.3-1] [9.1-1] [9.1-2]', text => {
    expect(parseExtensions([text])).toBeUndefined();
  });
});

describe('serializeExtensions', () => {
  test('parse(serialise(offers)) = offers', () => {
    fc.assert(
      fc.property(offers, extensions => {
        expect(parseExtensions([serializeExtensions(extensions)])).toEqual(extensions);
      }),
    );
  });

  test.each<[string, unknown]>([
    ['a name that is not a string', { name: 1, parameters: [] }],
    ['a number', { name: 'a', parameters: [['b', 15]] }],
    ['an array', { name: 'a', parameters: [['b', ['c']]] }],
  ])('throws TypeError on %s', (_, offer) => {
    expect(() => serializeExtensions([offer as ExtensionOffer])).toThrow(TypeError);
    expect(() => serializeExtensions([offer as ExtensionOffer])).toThrow(/ must be a token /);
  });

  test.each<[string, unknown]>([
    ['an empty name', { name: '', parameters: [] }],
    ['a name with a comma', { name: 'a,b', parameters: [] }],
    ['a parameter with a space', { name: 'a', parameters: [['b c', true]] }],
    ['an empty value', { name: 'a', parameters: [['b', '']] }],
    ['a value with a line end', { name: 'a', parameters: [['b', '1\r\n']] }],
  ])('throws RangeError on %s', (_, offer) => {
    expect(() => serializeExtensions([offer as ExtensionOffer])).toThrow(RangeError);
    expect(() => serializeExtensions([offer as ExtensionOffer])).toThrow(/ must be a token /);
  });
});
