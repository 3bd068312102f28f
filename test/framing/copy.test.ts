import { expect, test } from 'vitest';
import { copyOf } from '../../src/framing/copy.js';

const source = Buffer.from(Uint8Array.from({ length: 300 }, (_, i) => i)).subarray(3);

test.each([0, 1, 47, 48, 49, 200])('%i bytes are copied to memory of their own', length => {
  const copy = copyOf(source, 5, 5 + length);
  expect([...copy]).toEqual(Array.from({ length }, (_, i) => (i + 8) & 0xff));
  copy.fill(0xee);
  expect(source[5]).toBe(8);
});
