import { expect, onTestFinished, test } from 'vitest';
import * as node from '../../src/platform/node.js';

test('allocate() and allocateUnpooled() return a Buffer', () => {
  for (const memory of [node.allocate(5), node.allocateUnpooled(5)]) {
    expect(Buffer.isBuffer(memory)).toBe(true);
    expect(memory).toHaveLength(5);
  }
});

test("memory from 1 to 4 KiB shares a pool of 8 KiB if Node's pool is larger, and never overlaps", () => {
  const before = Buffer.poolSize;
  onTestFinished(() => {
    Buffer.poolSize = before;
  });
  Buffer.poolSize = 65_536;
  const sizes = [1_024, 1_025, 4_096, 1_500, 2_047, 3_333, 1_024, 4_095, 1_024, 1_024, 1_024];
  const memories = sizes.map((size, i) => node.allocate(size).fill(i));
  for (const [i, memory] of memories.entries()) {
    expect(memory).toHaveLength(sizes[i]!);
    expect(memory.every(byte => byte === i)).toBe(true);
    expect(memory.byteOffset % 8).toBe(0);
    expect(memory.buffer.byteLength).toBe(8_192);
  }
  expect(new Set(memories.map(({ buffer }) => buffer)).size).toBeLessThan(sizes.length);
  const { buffer } = memories[0]!;
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch {
    // Node 20 copies it, later versions throw.
  }
  expect(buffer.byteLength).toBe(8_192);
  expect(node.allocate(4_097).buffer.byteLength).toBe(4_097);
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
