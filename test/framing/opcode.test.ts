import { expect, test } from 'vitest';
import { isControl, isReservedOpcode, OPCODE, opcodeName } from '../../src/framing/opcode.js';

const all = Array.from({ length: 16 }, (_, opcode) => opcode);

test('the six opcodes have the numbers of §11.8', () => {
  expect(OPCODE).toEqual({ CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });
});

test('§5.2: 0x3-0x7 and 0xB-0xF are reserved, the others are not', () => {
  expect(all.filter(isReservedOpcode)).toEqual([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]);
});

test('§5.5: opcodes with the most significant bit set are control frames', () => {
  expect(all.filter(isControl)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
});

test("opcodeName() returns the RFC's name, or the number of a reserved opcode", () => {
  expect([0, 1, 2, 8, 9, 10].map(opcodeName)).toEqual(['continuation', 'text', 'binary', 'close', 'ping', 'pong']);
  expect(opcodeName(0xb)).toBe('reserved 0xb');
});
