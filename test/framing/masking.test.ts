import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskInPlace, maskTo, rotateKey } from '../../src/framing/masking.js';
import { naivelyMasked } from '../helpers/raw-frame.js';

const KEY = 0x91a2b3c4 | 0;
const OCTETS = [0x91, 0xa2, 0xb3, 0xc4] as const;

/** TypeScript knows these from ES2024 on alone, and Node 20 has them. */
const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };

/** toEqual() compares byte by byte, which takes seconds for all of these. It only shows the difference here. */
function expectSame(bytes: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(bytes, expected) !== 0) expect(bytes).toEqual(expected);
}

function counting(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * 7);
}

describe('§5.3: octet i is XORed with octet (i mod 4) of the key [6.2-7]', () => {
  const lengths = [
    0, 1, 2, 3, 4, 5, 7, 46, 47, 48, 49, 50, 51, 63, 64, 65, 67, 1000, 1279, 1280, 1281, 16_383, 16_389, 33_000,
  ];

  test.each(lengths)('%i bytes, at every alignment and position in the payload', length => {
    for (let alignment = 0; alignment < 8; alignment++) {
      for (let position = 0; position < 5; position++) {
        const memory = counting(length + 16);
        const bytes = memory.subarray(alignment % 3);
        const start = alignment;
        const before = new Uint8Array(bytes);
        maskInPlace(bytes, start, start + length, KEY, position);
        const expected = new Uint8Array(before);
        expected.set(naivelyMasked(before.subarray(start, start + length), OCTETS, position), start);
        expectSame(bytes, expected);
      }
    }
  });

  test.each(lengths)('%i bytes from one memory to another change only the target', length => {
    for (let shift = 0; shift < 8; shift++) {
      const source = counting(length + 8);
      const target = new Uint8Array(length + 24).fill(0xee);
      maskTo(source, shift, shift + length, target, 8 + shift, KEY, shift);
      expectSame(source, counting(length + 8));
      const expected = new Uint8Array(length + 24).fill(0xee);
      expected.set(naivelyMasked(source.subarray(shift, shift + length), OCTETS, shift), 8 + shift);
      expectSame(target, expected);
    }
  });

  test('a whole source is masked', () => {
    const [source, target] = [counting(100), new Uint8Array(100)];
    maskTo(source, 0, 100, target, 0, KEY, 0);
    expect(target).toEqual(naivelyMasked(source, OCTETS));
  });

  test('memory may grow and shrink between two payloads', () => {
    const memory = new ResizableBuffer(100, { maxByteLength: 1_000 });
    const bytes = new Uint8Array(memory);
    for (const size of [100, 104, 103, 96, 52, 101, 400]) {
      memory.resize(size);
      bytes.set(counting(size));
      maskInPlace(bytes, 0, size, KEY, 0);
      expect(bytes).toEqual(naivelyMasked(counting(size), OCTETS));
    }
  });

  test.each([20, 100])('%i bytes to another place of the same memory', length => {
    const bytes = counting(2 * length);
    maskTo(bytes, 0, length, bytes, length, KEY, 1);
    expect(bytes.subarray(0, length)).toEqual(counting(length));
    expect(bytes.subarray(length)).toEqual(naivelyMasked(counting(length), OCTETS, 1));
  });
});

test('masking twice returns the bytes, wherever the payload is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer(), fc.nat(300), (payload, key, cut) => {
      const bytes = new Uint8Array(payload);
      const place = Math.min(cut, bytes.length);
      maskInPlace(bytes, 0, bytes.length, key, 0);
      maskInPlace(bytes, 0, place, key, 0);
      maskInPlace(bytes, place, bytes.length, key, place);
      expect(bytes).toEqual(payload);
    }),
  );
});

test('a key is rotated by the position in the payload modulo 4', () => {
  expect([0, 1, 2, 3, 4].map(position => rotateKey(0x01020304, position))).toEqual([
    0x01020304, 0x02030401, 0x03040102, 0x04010203, 0x01020304,
  ]);
  expect(rotateKey(KEY, 2 ** 40 + 1)).toBe(rotateKey(KEY, 1));
});
