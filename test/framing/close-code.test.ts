import { expect, test } from 'vitest';
import { CLOSE_CODE, closeCodeName, isCloseCodeOnWire } from '../../src/framing/close-code.js';

test('§7.4: exactly the assigned codes, 3000-3999 and 4000-4999 are allowed in a Close frame [7.4.1-1] [7.4.1-2]', () => {
  const legal = Array.from({ length: 65_536 }, (_, code) => code).filter(isCloseCodeOnWire);
  const assigned = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  expect(legal).toEqual([...assigned, ...Array.from({ length: 2000 }, (_, i) => 3000 + i)]);
});

test.each([1004, 1005, 1006, 1015])(
  '§7.4.1: %i must not be set as a status code [7.4.1-3] [7.4.1-4] [7.4.1-6]',
  code => {
    expect(isCloseCodeOnWire(code)).toBe(false);
  },
);

test.each([-1, 1000.5, 3000.5, 4999.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 1000])(
  '%d is not a close code',
  code => {
    expect(isCloseCodeOnWire(code)).toBe(false);
  },
);

test("closeCodeName() returns the RFC's name, or the use of the range (§7.4.2)", () => {
  expect(closeCodeName(CLOSE_CODE.NORMAL_CLOSURE)).toBe('normal closure');
  expect(closeCodeName(CLOSE_CODE.INVALID_FRAME_PAYLOAD_DATA)).toBe('invalid frame payload data');
  expect([2999, 3000, 3999, 4000, 4999, 5000, 1004].map(closeCodeName)).toEqual([
    'unassigned',
    'registered by a library or framework',
    'registered by a library or framework',
    'private use',
    'private use',
    'unassigned',
    'unassigned',
  ]);
});
