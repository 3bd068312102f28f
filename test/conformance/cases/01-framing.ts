import {
  binary,
  type ConformanceCase,
  cutShort,
  echo,
  fails,
  gets,
  ping,
  sends,
  someBytes,
  someText,
  takes,
  text,
} from '../conformance-case.js';

/** RFC 6455 §5.2: the payload length takes 7, 7+16 or 7+64 bits, so these are the ones at its edges. */
const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536];

/** The pieces that TCP may deliver a message in: its length, and theirs. */
const PIECES = [
  [65_536, 1_000],
  [65_536, 997],
  [300, 1],
] as const;

export const framing: readonly ConformanceCase[] = [
  ...LENGTHS.map((length, i) =>
    takes(`1.1.${i + 1}`, `echoes text of ${length} bytes (§5.2) [5.2-1] [5.4-7]`, echo(text(someText(length)))),
  ),
  ...PIECES.map(([length, size], i) => {
    const message = text(someText(length));
    const title = `echoes text of ${length} bytes that comes ${size} at a time (§5.2)`;
    return takes(`1.2.${i + 1}`, title, [sends(message, size), gets(message)]);
  }),
  ...LENGTHS.map((length, i) =>
    takes(`1.3.${i + 1}`, `echoes binary of ${length} bytes (§5.2)`, echo(binary(someBytes(length)))),
  ),
  ...PIECES.map(([length, size], i) => {
    const message = binary(someBytes(length));
    const title = `echoes binary of ${length} bytes that comes ${size} at a time (§5.2)`;
    return takes(`1.4.${i + 1}`, title, [sends(message, size), gets(message)]);
  }),

  takes('1.5.1', 'keeps messages apart that come in one segment (§5.4) [6.2-4]', [
    sends(text('one')),
    sends(binary(Buffer.of(2))),
    sends(text()),
    sends(text('four')),
    gets(text('one')),
    gets(binary(Buffer.of(2))),
    gets(text()),
    gets(text('four')),
  ]),
  takes('1.5.2', 'tells text from binary of the same bytes (§5.6) [6.2-3]', [
    ...echo(text('same')),
    ...echo(binary('same')),
  ]),
  takes('1.5.3', 'echoes binary that is no UTF-8 (§5.6)', echo(binary(Buffer.of(0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80)))),

  // "in all cases, the minimal number of bytes MUST be used to encode the length" (§5.2)
  fails('1.6.1', 'refuses 16 bits for a length of 0 (§5.2)', [sends(binary('', { lengthBits: 16 }))], 1002),
  fails(
    '1.6.2',
    'refuses 16 bits for a length of 125 (§5.2) [5.2-6]',
    [sends(binary(someBytes(125), { lengthBits: 16 }))],
    1002,
  ),
  fails(
    '1.6.3',
    'refuses 64 bits for a length of 125 (§5.2)',
    [sends(binary(someBytes(125), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.4',
    'refuses 64 bits for a length of 126 (§5.2)',
    [sends(binary(someBytes(126), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.5',
    'refuses 64 bits for a length of 65,535 (§5.2) [5.2-6]',
    [sends(text(someText(65_535), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.6',
    'refuses a length that is not minimal at its header (§5.2)',
    [sends(binary('', { lengthBits: 64, announces: 1_000n }))],
    1002,
  ),

  // "the most significant bit MUST be 0" (§5.2)
  fails(
    '1.7.1',
    'refuses a 64-bit length with its first bit set (§5.2) [5.2-5]',
    [sends(binary('', { announces: 1n << 63n }))],
    1002,
  ),
  fails(
    '1.7.2',
    'refuses a 64-bit length of all ones (§5.2)',
    [sends(text('', { announces: (1n << 64n) - 1n }))],
    1002,
  ),

  // "A server MUST NOT mask any frames"; a client "MUST mask all frames" (§5.1)
  fails(
    '1.8.1',
    'refuses text masked as only the other role may (§5.1) [5.1-2] [5.1-3] [5.1-5] [5.1-6]',
    [sends(text('hello', { isMaskedWrongly: true }))],
    1002,
  ),
  fails(
    '1.8.2',
    'refuses a Ping masked as only the other role may (§5.1)',
    [sends(ping('', { isMaskedWrongly: true }))],
    1002,
  ),
  fails(
    '1.8.3',
    'refuses the wrong mask at the header, before the payload is there (§5.1)',
    [sends(cutShort(text('', { isMaskedWrongly: true }), 500))],
    1002,
  ),
  takes('1.8.4', 'takes the masking key 0 like any other (§5.3)', echo(text('hello', { key: 0 })), { only: 'server' }),
  takes('1.8.5', 'takes the masking key ff ff ff ff (§5.3)', echo(binary(someBytes(300), { key: 0xffffffff })), {
    only: 'server',
  }),
  takes(
    '1.8.6',
    'unmasks every length up to 40 from its own first byte (§5.3) [6.2-7]',
    Array.from({ length: 41 }, (_, length) => echo(binary(someBytes(length)))).flat(),
  ),
];
