import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { lastBoundary, Utf8Validator } from '../../src/framing/utf8-validator.js';
import { cutAt, hex, inPieces, segmentations } from '../helpers/bytes.js';

/** Where these chunks cannot be UTF-8 any more, or 'cut off', or 'whole'. */
function verdict(chunks: readonly Uint8Array[], hostThreshold?: number): number | 'cut off' | 'whole' {
  const validator = new Utf8Validator(hostThreshold);
  let before = 0;
  for (const chunk of chunks) {
    const index = validator.check(chunk, 0, chunk.length);
    if (index !== -1) return before + index;
    before += chunk.length;
  }
  return validator.isComplete ? 'whole' : 'cut off';
}

/** The same by TextDecoder: the longest beginning that it takes as the beginning of a text. */
function verdictOfTextDecoder(bytes: Uint8Array): number | 'cut off' | 'whole' {
  for (let end = 1; end <= bytes.length; end++) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
    } catch {
      return end - 1;
    }
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'whole';
  } catch {
    return 'cut off';
  }
}

/** Every segmentation, alone and deep inside a long text, by the loop alone, by the host wherever it can, and as it is. */
function expectVerdict(bytes: Uint8Array, expected: number | 'cut off' | 'whole'): void {
  const long = Buffer.concat([Buffer.alloc(200, 'é'), bytes]);
  const later = typeof expected === 'number' ? 200 + expected : expected;
  for (const threshold of [undefined, 0, Number.POSITIVE_INFINITY]) {
    for (const chunks of [[bytes], ...segmentations(bytes)]) expect(verdict(chunks, threshold)).toBe(expected);
    for (const size of [1, 49, 100, 199, 200, 201, 1000]) {
      expect(verdict(inPieces(long, size), threshold)).toBe(later);
    }
  }
}

describe('RFC 3629 §4: valid UTF-8', () => {
  test.each([
    ['the first and last character of one byte', '00 7f'],
    ['of two bytes', 'c280 dfbf'],
    ['of three bytes', 'e0a080 efbfbf'],
    ['of four bytes', 'f0908080 f48fbfbf'],
    ['around the surrogates', 'ed9fbf ee8080'],
    ['noncharacters', 'efbfbe efbfbf f09fbfbe'],
    ['a byte order mark', 'efbbbf 61'],
    ['κόσμε', 'ceba cf8c cf83 cebc ceb5'],
  ])('%s', (_, bytes) => expectVerdict(hex(bytes), 'whole'));
});

describe('RFC 6455 §8.1: the first wrong byte is found', () => {
  test.each([
    ['a tail without a beginning', '80', 0],
    ['the last tail without a beginning', '61 bf', 1],
    ['a tail too many', 'c3a9 80', 2],
    ['0xC0, which is always overlong', 'c0 80', 0],
    ['0xC1, which is always overlong', 'c1 bf', 0],
    ['"/" in two bytes', '61 c0af', 1],
    ['"/" in three bytes', 'e0 80 af', 1],
    ['the longest overlong of three bytes', 'e0 9f bf', 1],
    ['"/" in four bytes', 'f0 80 80 af', 1],
    ['the longest overlong of four bytes', 'f0 8f bf bf', 1],
    ['the first surrogate', 'ed a0 80', 1],
    ['the last surrogate', 'ed bf bf', 1],
    ['a pair of surrogates', 'eda0bd edb880', 1],
    ['U+110000', 'f4 90 80 80', 1],
    ['0xF5, beyond U+10FFFF', 'f5 80 80 80', 0],
    ['five bytes', 'f888808080', 0],
    ['six bytes', 'fc8480808080', 0],
    ['0xFE', 'fe', 0],
    ['0xFF', 'c3a9 ff', 2],
    ['a character of two bytes cut by ASCII', 'c3 41', 1],
    ['of three bytes cut at its second', 'e2 41', 1],
    ['of three bytes cut at its third', 'e282 41', 2],
    ['of four bytes cut at its fourth', 'f09f98 41', 3],
    ['cut by the beginning of another', 'e282 c3a9', 2],
    ['κόσμε followed by a surrogate', 'ceba cf8c cf83 cebc ceb5 eda080 656469746564', 11],
  ])('%s', (_, bytes, index) => expectVerdict(hex(bytes), index));
});

test.each(['c3', 'e2', 'e282', 'f0', 'f09f', 'f09f98', 'ed9f', 'e0a0', 'f48f', '61 c3'])(
  'a text that ends in %s is incomplete, and may continue',
  bytes => expectVerdict(hex(bytes), 'cut off'),
);

test('the result is that of TextDecoder for every two bytes, and for every three with a narrow range', () => {
  const validator = (bytes: Uint8Array) => verdict([bytes]);
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second += first < 0x80 ? 51 : 1) {
      const bytes = Uint8Array.of(first, second);
      if (validator(bytes) !== verdictOfTextDecoder(bytes)) expect(validator(bytes)).toBe(verdictOfTextDecoder(bytes));
    }
  }
  for (const first of [0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4]) {
    for (const second of [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]) {
      for (const third of [0x7f, 0x80, 0xbf, 0xc0]) {
        for (const fourth of [0x41, 0x80, 0xbf, 0xc0]) {
          const bytes = Uint8Array.of(first, second, third, fourth);
          expect(validator(bytes)).toBe(verdictOfTextDecoder(bytes));
        }
      }
    }
  }
});

test('the result is that of TextDecoder for texts with some bytes overwritten, cut anywhere', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 120 }).map(string => new TextEncoder().encode(string));
  const faults = fc.array(fc.record({ place: fc.nat(500), byte: fc.nat(255) }), { maxLength: 2 });
  const cuts = fc.array(fc.nat(500), { maxLength: 5 });
  const threshold = fc.constantFrom(0, 4, 48, Number.POSITIVE_INFINITY);
  fc.assert(
    fc.property(text, faults, cuts, threshold, (encoded, overwritten, places, hostThreshold) => {
      const bytes = new Uint8Array(encoded);
      for (const { place, byte } of overwritten) if (place < bytes.length) bytes[place] = byte;
      expect(verdict(cutAt(bytes, places), hostThreshold)).toBe(verdictOfTextDecoder(bytes));
    }),
    { numRuns: 300 },
  );
});

test('a long piece that cuts a character is checked by the host, except for its last bytes', async () => {
  const answers: boolean[] = [];
  vi.doMock('#platform', async original => {
    const platform = await original<typeof import('#platform')>();
    const isUtf8 = (...given: Parameters<typeof platform.isUtf8>) => {
      const answer = platform.isUtf8(...given);
      answers.push(answer);
      return answer;
    };
    return { ...platform, isUtf8 };
  });
  vi.resetModules();
  const fresh = await import('../../src/framing/utf8-validator.js');
  const validator = new fresh.Utf8Validator();
  const text = Buffer.from('é€🦉'.repeat(100));
  for (const piece of inPieces(text, 100)) expect(validator.check(piece, 0, piece.length)).toBe(-1);
  expect(answers).toEqual(new Array(text.length / 100).fill(true));
  vi.doUnmock('#platform');
  vi.resetModules();
});

test('only the passed range is checked', () => {
  const validator = new Utf8Validator();
  expect(validator.check(hex('ff 61 c3 ff'), 1, 3)).toBe(-1);
  expect(validator.isComplete).toBe(false);
  expect(validator.check(hex('ff a9 ff'), 1, 2)).toBe(-1);
  expect(validator.isComplete).toBe(true);
});

test('a wrong byte at the start of a long piece is found at its place', () => {
  const bytes = new Uint8Array(100).fill(0x61);
  const validator = new Utf8Validator();
  expect(validator.check(hex('e2'), 0, 1)).toBe(-1);
  expect(validator.check(bytes, 10, 100)).toBe(10);
});

describe('lastBoundary()', () => {
  const characters = ['a', 'é', '€', '😀'];
  const texts = characters.flatMap(a => characters.flatMap(b => characters.flatMap(c => [a + b, a + b + c])));

  test('returns the end of whole characters, whichever they are', () => {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      expect([text, lastBoundary(bytes, 0, bytes.length)]).toEqual([text, bytes.length]);
    }
  });

  test('returns the beginning of a character that is cut off', () => {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      const last = [...text].at(-1)!;
      const start = bytes.length - Buffer.byteLength(last);
      for (let end = start; end < bytes.length; end++) {
        expect([text, end, lastBoundary(bytes, 0, end)]).toEqual([text, end, start]);
      }
    }
  });
});

describe('wasAscii', () => {
  test.each([0, 1, 47, 48, 1000])('says whether all of %i bytes were ASCII', size => {
    const validator = new Utf8Validator();
    const ascii = Buffer.alloc(size, 'a');
    expect(validator.check(ascii, 0, size)).toBe(-1);
    expect(validator.wasAscii).toBe(true);
    const mixed = Buffer.concat([ascii, Buffer.from('é')]);
    expect(validator.check(mixed, 0, mixed.length)).toBe(-1);
    expect(validator.wasAscii).toBe(false);
    expect(validator.check(mixed, 0, size)).toBe(-1);
    expect(validator.wasAscii).toBe(true);
  });

  test('is false for the rest of a character and ASCII after it', () => {
    for (const length of [3, 300]) {
      const bytes = Buffer.concat([Buffer.from('é'), Buffer.alloc(length, 'a')]);
      const validator = new Utf8Validator();
      validator.check(bytes, 0, 1);
      expect(validator.check(bytes, 1, bytes.length)).toBe(-1);
      expect(validator.wasAscii).toBe(false);
    }
  });
});
