import { describe, expect, test } from 'vitest';
import { type FrameFieldsInput, frameFields } from '../../src/wire/index.js';
import { hex } from '../helpers/bytes.js';

/** Returns the rules that the fields of a header break, by field. */
function errors(header: string, known: Omit<FrameFieldsInput, 'header'> = {}): string[] {
  return frameFields({ header: hex(header), ...known }).flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name}: ${error.code}`],
  );
}

describe('frameFields()', () => {
  test('returns the fields of the diagram in §5.2, in the order of their bits', () => {
    expect(
      frameFields({ header: hex('81fe 0100 37fa213d') }).map(({ name, bit, bits, value }) => [name, bit, bits, value]),
    ).toEqual([
      ['FIN', 0, 1, 1n],
      ['RSV1', 1, 1, 0n],
      ['RSV2', 2, 1, 0n],
      ['RSV3', 3, 1, 0n],
      ['opcode', 4, 4, 1n],
      ['MASK', 8, 1, 1n],
      ['payload length', 9, 7, 126n],
      ['extended payload length', 16, 16, 256n],
      ['masking key', 32, 32, 0x37fa213dn],
    ]);
  });

  test('says what each means, and in which section', () => {
    expect(frameFields({ header: hex('827f 0000000000010000') }).map(({ meaning }) => meaning)).toEqual([
      'the last fragment of its message',
      ...Array(3).fill('not used'),
      'binary: a data frame',
      'not masked, as servers must',
      'the length is in the next 8 bytes',
      '65536 bytes of payload',
    ]);
    expect(frameFields({ header: hex('8280 00000000') }).every(({ section }) => /^§5\.\d$/.test(section))).toBe(true);
  });

  test('keeps all bits of a 64-bit length', () => {
    expect(frameFields({ header: hex('827f ffffffffffffffff') }).at(-1)).toMatchObject({
      bits: 64,
      value: 2n ** 64n - 1n,
    });
  });

  test.each<[string, string, Omit<FrameFieldsInput, 'header'>, string[]]>([
    ['a reserved bit', 'a100', {}, ['RSV2: RESERVED_BITS']],
    ['RSV1 without compression', 'c100', {}, ['RSV1: RESERVED_BITS']],
    ['RSV1 of a continuation', 'c000', { mayCompress: true }, ['RSV1: MISPLACED_COMPRESSED_BIT']],
    ['a reserved opcode', '8300', {}, ['opcode: RESERVED_OPCODE']],
    ['a client without mask', '8100', { from: 'client' }, ['MASK: UNMASKED_CLIENT_FRAME']],
    ['a server with mask', '8180 00000000', { from: 'server' }, ['MASK: MASKED_SERVER_FRAME']],
    ['a fragmented Ping', '0900', {}, ['FIN: FRAGMENTED_CONTROL_FRAME']],
    ['a long Ping', '897e 0080', {}, ['payload length: CONTROL_FRAME_TOO_LONG']],
    ['a length that fits 7 bits', '827e 007d', {}, ['extended payload length: LENGTH_NOT_MINIMAL']],
    ['a length that fits 16 bits', '827f 000000000000ffff', {}, ['extended payload length: LENGTH_NOT_MINIMAL']],
    ['a length with the sign bit', '827f 8000000000000000', {}, ['extended payload length: LENGTH_SIGN_BIT']],
    [
      'several rules',
      '7fff 0000000000000001 00000000',
      { from: 'server' },
      [
        'FIN: FRAGMENTED_CONTROL_FRAME',
        ...['RSV1: RESERVED_BITS', 'RSV2: RESERVED_BITS', 'RSV3: RESERVED_BITS'],
        ...['opcode: RESERVED_OPCODE', 'MASK: MASKED_SERVER_FRAME'],
        ...['payload length: CONTROL_FRAME_TOO_LONG', 'extended payload length: LENGTH_NOT_MINIMAL'],
      ],
    ],
    ['nothing', 'c180 00000000', { from: 'client', mayCompress: true }, []],
  ])('names the rule that is broken by %s', (_, header, known, expected) => {
    expect(errors(header, known)).toEqual(expected);
  });

  test.each([
    ['', 0],
    ['81', 5],
    ['817e', 7],
    ['817e01', 7],
    ['81fe0100', 8],
    ['81fe010037fa21', 8],
  ])('leaves out what is missing of an incomplete header: %j', (header, count) => {
    expect(frameFields({ header: hex(header) })).toHaveLength(count);
  });
});
