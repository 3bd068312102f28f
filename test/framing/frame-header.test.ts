import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FrameHeader,
  headerLength,
  headerLengthBySecondByte,
  readHeader,
  writeHeader,
} from '../../src/framing/frame-header.js';
import { hex } from '../helpers/bytes.js';
import { rawHeader } from '../helpers/raw-frame.js';

function headerOf(bytes: Uint8Array, at = 0): FrameHeader {
  const header = {
    fin: false,
    rsv: 0,
    opcode: 0,
    masked: false,
    maskingKey: 0,
    payloadLength: 0,
    headerLength: 0,
    offset: 77,
  };
  readHeader(bytes, at, headerLengthBySecondByte(bytes[at + 1]!), header);
  return header;
}

function written(firstByte: number, payloadLength: number, key?: number): Uint8Array {
  const target = new Uint8Array(20).fill(0xee);
  const end = writeHeader(target, 3, firstByte, payloadLength, key);
  expect([...target.subarray(0, 3), ...target.subarray(end)].every(byte => byte === 0xee)).toBe(true);
  return target.subarray(3, end);
}

describe('§5.2: the length has the fewest bytes [5.2-6]', () => {
  test.each([
    [0, '8200'],
    [125, '827d'],
    [126, '827e 007e'],
    [127, '827e 007f'],
    [255, '827e 00ff'],
    [65_535, '827e ffff'],
    [65_536, '827f 0000000000010000'],
    [2 ** 31, '827f 0000000080000000'],
    [2 ** 32 - 1, '827f 00000000ffffffff'],
    [2 ** 32, '827f 0000000100000000'],
    [2 ** 53 - 1, '827f 001fffffffffffff'],
  ])('%i', (length, bytes) => {
    expect(written(0x82, length)).toEqual(hex(bytes));
    expect(headerLength(length, false)).toBe(hex(bytes).length);
    expect(headerLength(length, true)).toBe(hex(bytes).length + 4);
    expect(headerOf(hex(bytes))).toMatchObject({
      payloadLength: length,
      headerLength: hex(bytes).length,
      masked: false,
    });
  });
});

test('§5.2: FIN, each reserved bit, opcode, mask bit and key are in their places', () => {
  expect(written(0xd1, 5, 0x01020304)).toEqual(hex('d185 01020304'));
  expect(headerOf(hex('d185 81020304'))).toEqual({
    fin: true,
    rsv: 0x50,
    opcode: 1,
    masked: true,
    maskingKey: 0x81020304 | 0,
    payloadLength: 5,
    headerLength: 6,
    offset: 77,
  });
  expect(headerOf(hex('ff 2f7d'), 1)).toMatchObject({ fin: false, rsv: 0x20, opcode: 15, payloadLength: 125 });
});

test('an unmasked header has the key 0 after a masked one', () => {
  const header = headerOf(hex('8280 ffffffff'));
  expect(header.maskingKey).toBe(-1);
  readHeader(hex('8200'), 0, 2, header);
  expect(header).toMatchObject({ masked: false, maskingKey: 0, headerLength: 2 });
});

test.each([
  ['0020000000000000', 2 ** 53],
  ['00200000ffffffff', 2 ** 53],
  ['0080000000000001', 2 ** 55],
  ['7fffffff00000000', 2 ** 63 - 2 ** 32],
  ['7fffffffffffffff', 2 ** 63 - 2 ** 32],
  ['8000000000000000', 2 ** 63],
  ['ffffffffffffffff', 2 ** 64 - 2 ** 32],
])('CVE-2026-54466: a length of 0x%s is never rounded up, so it cannot change its sign bit', (length, read) => {
  expect(headerOf(hex(`827f ${length}`)).payloadLength).toBe(read);
});

test('a written header is read back', () => {
  const length = fc.oneof(fc.nat(200), fc.nat(70_000), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.nat(255), length, fc.option(fc.integer(), { nil: undefined }), (firstByte, payloadLength, key) => {
      const bytes = written(firstByte, payloadLength, key);
      const header = headerOf(bytes);
      expect(headerLengthBySecondByte(bytes[1]!)).toBe(bytes.length);
      expect(header).toMatchObject({ payloadLength, headerLength: bytes.length, maskingKey: key ?? 0 });
      expect((header.fin ? 0x80 : 0) | header.rsv | header.opcode).toBe(firstByte);
      const octets = [24, 16, 8, 0].map(shift => ((key ?? 0) >>> shift) & 0xff) as [number, number, number, number];
      const raw = { fin: header.fin, rsv: header.rsv, opcode: header.opcode, length: BigInt(payloadLength) };
      expect(bytes).toEqual(rawHeader(key === undefined ? raw : { ...raw, key: octets }));
    }),
  );
});
