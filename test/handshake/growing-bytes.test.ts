import { expect, test } from 'vitest';
import { GrowingBytes } from '../../src/handshake/growing-bytes.js';

test('keeps what was appended, in order, through every growth', () => {
  const bytes = new GrowingBytes();
  const source = Uint8Array.from({ length: 5000 }, (_, i) => i);
  let offset = 0;
  for (const size of [0, 1, 255, 1, 700, 43, 4000]) {
    bytes.append(source, offset, offset + size);
    offset += size;
    expect(bytes.length).toBe(offset);
  }
  expect(bytes.view()).toEqual(source);
});

test('holds at most twice the bytes received, above the smallest block', () => {
  const bytes = new GrowingBytes();
  for (let i = 0; i < 3000; i++) bytes.append(new Uint8Array(1), 0, 1);
  expect(bytes.view().buffer.byteLength).toBeLessThan(6000);
});

test('moves to a block twice as large only when its block is full', () => {
  const bytes = new GrowingBytes();
  const sizes: number[] = [];
  for (let i = 0; i < 5000; i++) {
    bytes.append(new Uint8Array(1), 0, 1);
    const size = bytes.view().buffer.byteLength;
    if (size !== sizes.at(-1)) {
      sizes.push(size);
      expect(bytes.length).toBe((sizes.at(-2) ?? 0) + 1);
    }
  }
  expect(sizes).toEqual([256, 512, 1024, 2048, 4096, 8192]);
});

test('is independent of the chunk that it copied from', () => {
  const bytes = new GrowingBytes();
  const chunk = Uint8Array.of(1, 2, 3);
  bytes.append(chunk, 1, 3);
  chunk.fill(9);
  expect([...bytes.view()]).toEqual([2, 3]);
});

test('is empty after clear()', () => {
  const bytes = new GrowingBytes();
  bytes.append(Uint8Array.of(1, 2), 0, 2);
  bytes.clear();
  expect(bytes.length).toBe(0);
  bytes.append(Uint8Array.of(3), 0, 1);
  expect([...bytes.view()]).toEqual([3]);
});
