import { expect, test } from 'vitest';
import * as node from '../../src/platform/node.js';

test('allocate() and allocateUnpooled() return a Buffer', () => {
  for (const memory of [node.allocate(5), node.allocateUnpooled(5)]) {
    expect(Buffer.isBuffer(memory)).toBe(true);
    expect(memory).toHaveLength(5);
  }
});

test('allocateUnpooled() returns memory that is not part of a pool, however small', () => {
  expect(node.allocateUnpooled(5).buffer.byteLength).toBe(5);
});

test('writeUtf8() and decodeUtf8() take any Uint8Array', () => {
  const memory = new Uint8Array(20).subarray(4, 12);
  expect(node.writeUtf8('é!', memory, 2)).toBe(3);
  expect([...memory]).toEqual([0, 0, 0xc3, 0xa9, 0x21, 0, 0, 0]);
  expect(node.decodeUtf8(memory, 2, 5)).toBe('é!');
  expect(node.isUtf8(memory, 2, 5)).toBe(true);
  expect(node.isUtf8(memory, 2, 3)).toBe(false);
});

test('#platform is node.ts in Node', async () => {
  expect(await import('#platform')).toBe(await import('../../src/platform/node.js'));
});

test('decodeUtf8() and decodeKnown() decode texts of any size', () => {
  for (const character of ['a', 'é', '中', '😀']) {
    for (const count of [1, 31, 32, 33, 5000]) {
      const text = character.repeat(count);
      const bytes = Buffer.from(text);
      expect(node.decodeUtf8(bytes, 0, bytes.length)).toBe(text);
      expect(node.decodeKnown(bytes, 0, bytes.length, character === 'a')).toBe(text);
      expect(node.isAscii(bytes, 0, bytes.length)).toBe(character === 'a');
    }
  }
});
