import {
  binary,
  type ConformanceCase,
  continuation,
  echo,
  fails,
  fragments,
  frame,
  gets,
  more,
  ping,
  pong,
  sends,
  someBytes,
  someText,
  takes,
  text,
} from '../conformance-case.js';
import { PING, type SentFrame } from '../wire.js';

const KIB = 1_024;
const MIB = 1_024 * KIB;
const SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB];

/** Fragments of 1 MiB: not so small that the test takes long, not so large that there are few. */
const FRAGMENT_SIZES = [64, 256, KIB, 4 * KIB, 64 * KIB, 256 * KIB];

/** Pieces of 128 KiB: each is read before the next is written. */
const PIECES = [64, 128, 256, 512, 1_024, 2_048];

/** What this library takes by default (§10.4 leaves the figures to it). */
const MAX_MESSAGE_SIZE = 16 * MIB;
const MAX_FRAGMENTS = 131_072;

export const limits: readonly ConformanceCase[] = [
  ...SIZES.map((size, i) => takes(`9.1.${i + 1}`, `echoes text of ${size} bytes (§5.6)`, echo(longText(size)))),
  ...SIZES.map((size, i) => takes(`9.2.${i + 1}`, `echoes binary of ${size} bytes (§5.6)`, echo(longBinary(size)))),
  ...FRAGMENT_SIZES.map((size, i) =>
    takes(`9.3.${i + 1}`, `joins text of 1 MiB from fragments of ${size} bytes (§5.4)`, joined(longText(MIB), size)),
  ),
  ...FRAGMENT_SIZES.map((size, i) =>
    takes(
      `9.4.${i + 1}`,
      `joins binary of 1 MiB from fragments of ${size} bytes (§5.4)`,
      joined(longBinary(MIB), size),
    ),
  ),
  takes('9.4.7', 'joins binary of 4 MiB from fragments of 64 bytes (§5.4)', joined(longBinary(4 * MIB), 64)),
  ...PIECES.map((size, i) =>
    takes(`9.5.${i + 1}`, `echoes text of 128 KiB that comes ${size} bytes at a time (§5.2)`, [
      sends(longText(128 * KIB), size),
      gets(longText(128 * KIB)),
    ]),
  ),
  ...PIECES.map((size, i) =>
    takes(`9.6.${i + 1}`, `echoes binary of 128 KiB that comes ${size} bytes at a time (§5.2)`, [
      sends(longBinary(128 * KIB), size),
      gets(longBinary(128 * KIB)),
    ]),
  ),
  takes('9.7.1', 'echoes 1,000 messages of no bytes (§5.4)', many(1_000, text())),
  takes('9.7.2', 'echoes 1,000 messages of 64 bytes (§5.4)', many(1_000, longText(64))),
  takes('9.7.3', 'echoes 100 messages of 16 KiB (§5.4)', many(100, longBinary(16 * KIB))),
  takes('9.7.4', 'answers 1,000 Pings (§5.5.2)', [
    ...Array.from({ length: 1_000 }, (_, i) => sends(ping(`${i}`))),
    ...Array.from({ length: 1_000 }, (_, i) => gets(pong(`${i}`))),
  ]),
  takes('9.7.5', 'answers Pings in a message of 256 KiB in fragments of 4 KiB (§5.4)', [
    ...fragments(longBinary(256 * KIB), 4 * KIB).flatMap((each, i) => [sends(each), sends(ping(`${i}`))]),
    ...Array.from({ length: 63 }, (_, i) => gets(pong(`${i}`))),
    gets(longBinary(256 * KIB)),
    gets(pong('63')),
  ]),

  // "Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly" (§10.4).
  fails(
    '9.8.1',
    'refuses a message above its limit at the header (§10.4)',
    [sends(binary('', { announces: BigInt(MAX_MESSAGE_SIZE + 1) }))],
    1009,
  ),
  fails('9.8.2', 'refuses 2^31 bytes at the header (§10.4)', [sends(binary('', { announces: 1n << 31n }))], 1009),
  fails('9.8.3', 'refuses 2^32 bytes at the header (§10.4)', [sends(text('', { announces: 1n << 32n }))], 1009),
  fails(
    '9.8.4',
    'refuses 2^32 + 1 bytes at the header (§10.4)',
    [sends(text('', { announces: (1n << 32n) + 1n }))],
    1009,
  ),
  fails('9.8.5', 'refuses 2^53 bytes at the header (§10.4)', [sends(binary('', { announces: 1n << 53n }))], 1009),
  fails(
    '9.8.6',
    'refuses 2^63 - 1 bytes at the header (§10.4)',
    [sends(binary('', { announces: (1n << 63n) - 1n }))],
    1009,
  ),
  fails(
    '9.8.7',
    'refuses fragments that are too much together, at the header of the last (§10.4)',
    [sends(binary(someBytes(MIB), more)), sends(continuation('', { announces: BigInt(MAX_MESSAGE_SIZE - MIB + 1) }))],
    1009,
  ),
  fails(
    '9.8.8',
    'refuses more fragments than its limit, empty ones too (§10.4)',
    [sends(binary('', more)), sends(emptyContinuations(MAX_FRAGMENTS))],
    1008,
    { only: 'client' },
  ),
  fails(
    '9.8.9',
    'refuses a control frame of 2^63 - 1 bytes for being one (§5.5)',
    [sends(frame(PING, '', { announces: (1n << 63n) - 1n }))],
    1002,
  ),
];

function longText(size: number): SentFrame {
  return text(someText(size));
}

function longBinary(size: number): SentFrame {
  return binary(someBytes(size));
}

function joined(message: SentFrame, size: number) {
  return [...fragments(message, size).map(each => sends(each)), gets(message)];
}

function many(count: number, message: SentFrame) {
  return [
    ...Array.from({ length: count }, () => sends(message)),
    ...Array.from({ length: count }, () => gets(message)),
  ];
}

/** As raw bytes of a server's, since so many frames one by one take long. */
function emptyContinuations(count: number): Uint8Array {
  return Buffer.alloc(2 * count);
}
