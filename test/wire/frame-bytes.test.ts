import { describe, expect, test } from 'vitest';
import { brokenRules, frameBytes } from '../../src/wire/index.js';
import { hex } from '../helpers/bytes.js';

const HELLO = Uint8Array.from(Buffer.from('Hello'));

describe('frameBytes()', () => {
  test.each([
    ["the RFC's unmasked text (§5.7)", { opcode: 1, payload: HELLO }, '810548656c6c6f'],
    ["the RFC's masked text", { opcode: 1, payload: HELLO, maskingKey: 0x37fa213d }, '818537fa213d7f9f4d5158'],
    ['a fragment', { opcode: 1, payload: HELLO.subarray(0, 3), fin: false }, '010348656c'],
    ['reserved bits', { opcode: 2, payload: hex(''), rsv: 0x70 }, 'f200'],
    ['a reserved opcode', { opcode: 15, payload: hex('') }, '8f00'],
    ['a short length in 16 bits', { opcode: 2, payload: hex('01'), lengthForm: '16' as const }, '827e000101'],
    [
      'a short length in 64 bits',
      { opcode: 2, payload: hex('01'), lengthForm: '64' as const },
      '827f000000000000000101',
    ],
  ])('encodes %s', (_, frame, expected) => {
    expect(Buffer.from(frameBytes(frame)).toString('hex')).toBe(expected.replaceAll(' ', ''));
  });

  test.each([
    [125, '827d'],
    [126, '827e007e'],
    [65_535, '827effff'],
    [65_536, '827f0000000000010000'],
  ])('writes the length of %i bytes in as few bits as possible', (length, header) => {
    const frame = frameBytes({ opcode: 2, payload: new Uint8Array(length) });
    expect(Buffer.from(frame.subarray(0, header.length / 2)).toString('hex')).toBe(header);
  });

  test('throws if a field does not fit into its bits', () => {
    expect(() => frameBytes({ opcode: 16, payload: hex('') })).toThrow(RangeError);
    expect(() => frameBytes({ opcode: 2, payload: new Uint8Array(65_536), lengthForm: '16' })).toThrow(/lengthForm/);
  });
});

describe('brokenRules()', () => {
  const rules = (from: 'client' | 'server', ...frames: string[]): string[] =>
    brokenRules(frames.map(hex), from).map(({ code }) => code);

  test('returns all rules of the headers, and the first of the others', () => {
    expect(rules('server', 'f30161')).toEqual(['RESERVED_BITS', 'RESERVED_OPCODE']);
    expect(rules('server', '8802 03ed')).toEqual(['INVALID_CLOSE_CODE']);
    expect(rules('server', '8101ff')).toEqual(['INVALID_UTF8']);
    expect(rules('server', '010161', '810162')).toEqual(['MESSAGE_INTERRUPTED']);
  });

  test('returns none for legal frames, and for a fragment of a message that is not there', () => {
    expect(rules('server', '010161', '800162')).toEqual([]);
    expect(rules('server', '800162')).toEqual([]);
    expect(rules('client', '818537fa213d7f9f4d5158')).toEqual([]);
  });
});
