import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inflate } from '../../src/inspector/inflate.js';

const NONE = new Uint8Array(0);

/** Compresses as permessage-deflate does, tail included. */
function deflate(data: Uint8Array, history = NONE, options: { level?: number; strategy?: number } = {}): Uint8Array {
  const dictionary = history.length === 0 ? {} : { dictionary: Buffer.from(history) };
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary, ...options });
}

/** Bytes with repetitions, which compress. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(30)), { maxLength: 30 })
  .map(parts =>
    Uint8Array.from(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  );

describe('inflate', () => {
  test.each([
    ['stored blocks', { level: 0 }],
    ['fixed codes', { strategy: constants.Z_FIXED }],
    ['dynamic codes', { level: 9 }],
    ['literals only', { strategy: constants.Z_HUFFMAN_ONLY }],
  ])('undoes zlib: %s', (_, options) => {
    fc.assert(
      fc.property(repetitive, data => {
        expect(inflate(deflate(data, NONE, options), NONE, data.length)).toEqual(data);
      }),
    );
  });

  test('refers to the messages before', () => {
    fc.assert(
      fc.property(repetitive, repetitive, (history, data) => {
        expect(inflate(deflate(data, history), history, data.length)).toEqual(data);
      }),
    );
  });

  test('refers back at most 32 KiB', () => {
    const history = crypto.getRandomValues(new Uint8Array(40_000));
    const data = history.slice(-32_768, -32_000);
    expect(inflate(deflate(data, history), history, 2 ** 20)).toEqual(data);
    expect(inflate(deflate(data, history), history.slice(-32_768), 2 ** 20)).toEqual(data);
  });

  test('reads a large message', () => {
    const data = new Uint8Array(5_000_000).map((_, i) => (i * i) >> 7);
    expect(Buffer.compare(inflate(deflate(data), NONE, data.length), data)).toBe(0);
  });

  test('reads a final block, after which nothing is read', () => {
    expect(inflate(Buffer.concat([deflateRawSync('hello'), Buffer.of(0, 0, 255, 255)]), NONE, 10)).toEqual(
      new Uint8Array(Buffer.from('hello')),
    );
  });

  test('stops at the limit with a RangeError, whatever the data would grow to', () => {
    const bomb = deflate(new Uint8Array(10_000_000));
    expect(() => inflate(bomb, NONE, 1000)).toThrow(expect.objectContaining({ name: 'RangeError' }));
    expect(inflate(deflate(new Uint8Array(1000)), NONE, 1000)).toHaveLength(1000);
  });

  test.each([
    ['a reserved block type', [0x07], 'reserved type'],
    ['a cut-off block', [0x01, 0x05], 'cut off'],
    ['a stored block that is cut off', [0x01, 0x05, 0x00, 0xfa, 0xff, 0x41], 'cut off'],
    ['a wrong length of a stored block', [0x01, 0x05, 0x00, 0x00, 0x00], 'stored block'],
    ['a copy from before the start', [0x03, 0x02, 0x00], 'before the start'],
  ])('rejects %s', (_, bytes, message) => {
    expect(() => inflate(Uint8Array.from(bytes), NONE, 1000)).toThrow(message);
  });

  test('never does worse than throw, with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        try {
          expect(inflate(bytes, NONE, 10_000).length).toBeLessThanOrEqual(10_000);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
