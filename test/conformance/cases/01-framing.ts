import {
  accepts,
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
  text,
} from '../conformance-case.js';

/** The lengths at the edges of the three encodings: 7, 7+16 and 7+64 bits (RFC 6455 §5.2). */
const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536];

/** The length of a message, and the size of the pieces in which TCP delivers it. */
const PIECES = [
  [65_536, 1_000],
  [65_536, 997],
  [300, 1],
] as const;

export const framing: readonly ConformanceCase[] = [
  ...LENGTHS.map((length, i) =>
    accepts(`1.1.${i + 1}`, `echoes text of ${length} bytes (§5.2) [5.2-1] [5.4-7]`, echo(text(someText(length)))),
  ),
  ...PIECES.map(([length, size], i) => {
    const message = text(someText(length));
    const title = `echoes text of ${length} bytes that arrives in pieces of ${size} (§5.2)`;
    return accepts(`1.2.${i + 1}`, title, [sends(message, size), gets(message)]);
  }),
  ...LENGTHS.map((length, i) =>
    accepts(`1.3.${i + 1}`, `echoes binary of ${length} bytes (§5.2)`, echo(binary(someBytes(length)))),
  ),
  ...PIECES.map(([length, size], i) => {
    const message = binary(someBytes(length));
    const title = `echoes binary of ${length} bytes that arrives in pieces of ${size} (§5.2)`;
    return accepts(`1.4.${i + 1}`, title, [sends(message, size), gets(message)]);
  }),

  accepts('1.5.1', 'separates messages that arrive in one segment (§5.4) [6.2-4]', [
    sends(text('one')),
    sends(binary(Buffer.of(2))),
    sends(text()),
    sends(text('four')),
    gets(text('one')),
    gets(binary(Buffer.of(2))),
    gets(text()),
    gets(text('four')),
  ]),
  accepts('1.5.2', 'distinguishes text and binary with the same bytes (§5.6) [6.2-3]', [
    ...echo(text('same')),
    ...echo(binary('same')),
  ]),
  accepts(
    '1.5.3',
    'echoes binary that is not UTF-8 (§5.6)',
    echo(binary(Buffer.of(0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80))),
  ),

  // "in all cases, the minimal number of bytes MUST be used to encode the length" (§5.2)
  fails('1.6.1', 'rejects a length of 0 in 16 bits (§5.2)', [sends(binary('', { lengthBits: 16 }))], 1002),
  fails(
    '1.6.2',
    'rejects a length of 125 in 16 bits (§5.2) [5.2-6]',
    [sends(binary(someBytes(125), { lengthBits: 16 }))],
    1002,
  ),
  fails(
    '1.6.3',
    'rejects a length of 125 in 64 bits (§5.2)',
    [sends(binary(someBytes(125), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.4',
    'rejects a length of 126 in 64 bits (§5.2)',
    [sends(binary(someBytes(126), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.5',
    'rejects a length of 65,535 in 64 bits (§5.2) [5.2-6]',
    [sends(text(someText(65_535), { lengthBits: 64 }))],
    1002,
  ),
  fails(
    '1.6.6',
    'rejects a length that is not minimal at the header (§5.2)',
    [sends(binary('', { lengthBits: 64, announces: 1_000n }))],
    1002,
  ),

  // "the most significant bit MUST be 0" (§5.2)
  fails(
    '1.7.1',
    'rejects a 64-bit length whose most significant bit is set (§5.2) [5.2-5]',
    [sends(binary('', { announces: 1n << 63n }))],
    1002,
  ),
  fails(
    '1.7.2',
    'rejects a 64-bit length of all ones (§5.2)',
    [sends(text('', { announces: (1n << 64n) - 1n }))],
    1002,
  ),

  // "A server MUST NOT mask any frames"; a client "MUST mask all frames" (§5.1)
  fails(
    '1.8.1',
    'rejects masked text from a server, and unmasked text from a client (§5.1) [5.1-2] [5.1-3] [5.1-5] [5.1-6]',
    [sends(text('hello', { isMaskedWrongly: true }))],
    1002,
  ),
  fails(
    '1.8.2',
    'rejects a masked Ping from a server, and an unmasked Ping from a client (§5.1)',
    [sends(ping('', { isMaskedWrongly: true }))],
    1002,
  ),
  fails(
    '1.8.3',
    'rejects the wrong mask at the header, before the payload has arrived (§5.1)',
    [sends(cutShort(text('', { isMaskedWrongly: true }), 500))],
    1002,
  ),
  accepts('1.8.4', 'accepts the masking key 0 (§5.3)', echo(text('hello', { key: 0 })), { only: 'server' }),
  accepts('1.8.5', 'accepts the masking key ff ff ff ff (§5.3)', echo(binary(someBytes(300), { key: 0xffffffff })), {
    only: 'server',
  }),
  accepts(
    '1.8.6',
    'unmasks every length up to 40 (§5.3) [6.2-7]',
    Array.from({ length: 41 }, (_, length) => echo(binary(someBytes(length)))).flat(),
  ),
];
