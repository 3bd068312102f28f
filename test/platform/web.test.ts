import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import * as node from '../../src/platform/node.js';
import * as web from '../../src/platform/web.js';

const { property, assert } = fc;
/** Any UTF-16, including lone surrogates and byte order marks. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map(units => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('\ud83e', '\udd89', 'a', 'é', '€', '\ufeff'), { maxLength: 20 })
    .map(units => units.join('')),
);

test('web.ts and node.ts export the same functions', () => {
  expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
});

describe('web.ts and node.ts agree:', () => {
  test('the UTF-8 of a text, and its length', () => {
    assert(
      property(anyText, fc.nat(5), (text, offset) => {
        const length = node.utf8Length(text);
        expect(web.utf8Length(text)).toBe(length);
        const [byNode, byWeb] = [new Uint8Array(length + offset), new Uint8Array(length + offset)];
        expect(node.writeUtf8(text, byNode, offset)).toBe(length);
        expect(web.writeUtf8(text, byWeb, offset)).toBe(length);
        expect(byWeb).toEqual(byNode);
      }),
      { numRuns: 500 },
    );
  });

  test('whether bytes are ASCII, and their text', () => {
    for (const text of ['', 'a', '\x7f', '\x80', 'abc\u00e9']) {
      const bytes = Buffer.from(text);
      const isAscii = node.isAscii(bytes, 0, bytes.length);
      expect(web.isAscii(bytes, 0, bytes.length)).toBe(isAscii);
      const known = [bytes, 0, bytes.length, isAscii] as const;
      expect(web.decodeKnown(...known)).toBe(node.decodeKnown(...known));
    }
  });

  test('the text of bytes', () => {
    assert(
      property(anyText, fc.nat(5), (text, shift) => {
        const bytes = new Uint8Array(shift + node.utf8Length(text) + 3);
        const end = shift + node.writeUtf8(text, bytes, shift);
        expect(web.decodeUtf8(bytes, shift, end)).toBe(node.decodeUtf8(bytes, shift, end));
        expect(node.decodeUtf8(bytes, shift, end)).toBe(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
      }),
      { numRuns: 500 },
    );
  });

  test('which bytes are UTF-8', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .array(fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf5), {
          maxLength: 8,
        })
        .map(list => Uint8Array.from(list)),
    );
    assert(
      property(bytes, fc.nat(3), (memory, from) => {
        const start = Math.min(from, memory.length);
        expect(web.isUtf8(memory, start, memory.length)).toBe(node.isUtf8(memory, start, memory.length));
      }),
      { numRuns: 2000 },
    );
  });

  test('the size of allocated memory', () => {
    for (const size of [0, 1, 8192, 100_000]) {
      for (const platform of [node, web]) {
        expect(platform.allocate(size)).toHaveLength(size);
        expect(platform.allocateUnpooled(size)).toHaveLength(size);
        expect(platform.allocateUnpooled(size).buffer.byteLength).toBe(size);
      }
    }
  });

  test.each([0, 1, 4, 65_536, 65_537, 200_000])('fillRandom() fills %i bytes, and none next to them', size => {
    for (const platform of [node, web]) {
      const memory = new Uint8Array(size + 2);
      const bytes = memory.subarray(1, size + 1);
      // A byte is 0 with a chance of 1 in 256, so it is filled several times.
      let [first, last] = [0, 0];
      for (let i = 0; i < 8; i++) {
        platform.fillRandom(bytes);
        first |= bytes[0] ?? 1;
        last |= bytes[size - 1] ?? 1;
      }
      expect(first).not.toBe(0);
      expect(last).not.toBe(0);
      expect([memory[0], memory[size + 1]]).toEqual([0, 0]);
      if (size > 1000) expect(new Set(bytes).size).toBe(256);
    }
  });

  test('base64, and the SHA-1 of a text', () => {
    assert(
      property(fc.uint8Array({ maxLength: 200 }), anyText, (bytes, text) => {
        expect(web.toBase64(bytes)).toBe(node.toBase64(bytes));
        expect(web.sha1Base64(text)).toBe(node.sha1Base64(text));
      }),
      { numRuns: 300 },
    );
  });
});

test('fillRandom() asks crypto.getRandomValues() for at most 65,536 bytes at a time', () => {
  const getRandomValues = vi.spyOn(crypto, 'getRandomValues');
  web.fillRandom(new Uint8Array(150_000));
  expect(getRandomValues.mock.calls.map(([bytes]) => (bytes as Uint8Array).length)).toEqual([65_536, 65_536, 18_928]);
  getRandomValues.mockRestore();
});
