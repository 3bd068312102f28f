import { expect, test } from 'vitest';
import { freeMemory } from '../../src/framing/free-memory.js';

/** Node has it from version 21 on. */
const CAN_FREE = 'transfer' in ArrayBuffer.prototype;

test.runIf(CAN_FREE)('memory that is freed can no longer be seen', () => {
  const bytes = new Uint8Array(512);
  const view = bytes.subarray(10);
  freeMemory(bytes);
  expect([bytes.length, view.length, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
});

test('less than 512 bytes are left to the garbage collector', () => {
  const bytes = new Uint8Array(511);
  freeMemory(bytes);
  expect(bytes).toHaveLength(511);
});

test.each([
  [0, 2_047],
  [1, 2_048],
])('memory that is used in part, from %i to %i of 2,048, is not freed', (start, end) => {
  const memory = new Uint8Array(2_048);
  freeMemory(memory.subarray(start, end));
  expect(memory).toHaveLength(2_048);
});

test('memory that cannot be transferred is not freed', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(2_048));
  freeMemory(bytes);
  expect(bytes).toHaveLength(2_048);
});
