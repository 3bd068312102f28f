import {
  accepts,
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
  text,
} from '../conformance-case.js';
import { PING, type SentFrame } from '../wire.js';

const KIB = 1_024;
const MIB = 1_024 * KIB;
const SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB];

/** Fragment sizes for 1 MiB. Smaller ones take too long, larger ones make too few fragments. */
const FRAGMENT_SIZES = [64, 256, KIB, 4 * KIB, 64 * KIB, 256 * KIB];

/** Piece sizes for 128 KiB. Each piece is read before the next is written. */
const PIECES = [64, 128, 256, 512, 1_024, 2_048];

/** The default limits of this library (§10.4 leaves them to the implementation). */
const MAX_MESSAGE_SIZE = 16 * MIB;
const MAX_FRAGMENTS = 131_072;

export const limits: readonly ConformanceCase[] = [
  ...SIZES.map((size, i) => accepts(`9.1.${i + 1}`, `echoes text of ${size} bytes (§5.6)`, echo(longText(size)))),
  ...SIZES.map((size, i) => accepts(`9.2.${i + 1}`, `echoes binary of ${size} bytes (§5.6)`, echo(longBinary(size)))),
  ...FRAGMENT_SIZES.map((size, i) =>
    accepts(
      `9.3.${i + 1}`,
      `assembles text of 1 MiB from fragments of ${size} bytes (§5.4)`,
      joined(longText(MIB), size),
    ),
  ),
  ...FRAGMENT_SIZES.map((size, i) =>
    accepts(
      `9.4.${i + 1}`,
      `assembles binary of 1 MiB from fragments of ${size} bytes (§5.4)`,
      joined(longBinary(MIB), size),
    ),
  ),
  accepts('9.4.7', 'assembles binary of 4 MiB from fragments of 64 bytes (§5.4)', joined(longBinary(4 * MIB), 64)),
  ...PIECES.map((size, i) =>
    accepts(`9.5.${i + 1}`, `echoes text of 128 KiB that arrives in pieces of ${size} bytes (§5.2)`, [
      sends(longText(128 * KIB), size),
      gets(longText(128 * KIB)),
    ]),
  ),
  ...PIECES.map((size, i) =>
    accepts(`9.6.${i + 1}`, `echoes binary of 128 KiB that arrives in pieces of ${size} bytes (§5.2)`, [
      sends(longBinary(128 * KIB), size),
      gets(longBinary(128 * KIB)),
    ]),
  ),
  accepts('9.7.1', 'echoes 1,000 empty messages (§5.4)', many(1_000, text())),
  accepts('9.7.2', 'echoes 1,000 messages of 64 bytes (§5.4)', many(1_000, longText(64))),
  accepts('9.7.3', 'echoes 100 messages of 16 KiB (§5.4)', many(100, longBinary(16 * KIB))),
  accepts('9.7.4', 'answers 1,000 Pings (§5.5.2)', [
    ...Array.from({ length: 1_000 }, (_, i) => sends(ping(`${i}`))),
    ...Array.from({ length: 1_000 }, (_, i) => gets(pong(`${i}`))),
  ]),
  accepts('9.7.5', 'answers Pings between the 4 KiB fragments of a message of 256 KiB (§5.4)', [
    ...fragments(longBinary(256 * KIB), 4 * KIB).flatMap((each, i) => [sends(each), sends(ping(`${i}`))]),
    ...Array.from({ length: 63 }, (_, i) => gets(pong(`${i}`))),
    gets(longBinary(256 * KIB)),
    gets(pong('63')),
  ]),

  // "Such an implementation SHOULD impose a limit on frame sizes and the total message size after reassembly" (§10.4).
  fails(
    '9.8.1',
    'rejects a message above the limit at the header (§10.4)',
    [sends(binary('', { announces: BigInt(MAX_MESSAGE_SIZE + 1) }))],
    1009,
  ),
  fails('9.8.2', 'rejects 2^31 bytes at the header (§10.4)', [sends(binary('', { announces: 1n << 31n }))], 1009),
  fails('9.8.3', 'rejects 2^32 bytes at the header (§10.4)', [sends(text('', { announces: 1n << 32n }))], 1009),
  fails(
    '9.8.4',
    'rejects 2^32 + 1 bytes at the header (§10.4)',
    [sends(text('', { announces: (1n << 32n) + 1n }))],
    1009,
  ),
  fails('9.8.5', 'rejects 2^53 bytes at the header (§10.4)', [sends(binary('', { announces: 1n << 53n }))], 1009),
  fails(
    '9.8.6',
    'rejects 2^63 - 1 bytes at the header (§10.4)',
    [sends(binary('', { announces: (1n << 63n) - 1n }))],
    1009,
  ),
  fails(
    '9.8.7',
    'rejects fragments that exceed the limit together, at the header of the last (§10.4)',
    [sends(binary(someBytes(MIB), more)), sends(continuation('', { announces: BigInt(MAX_MESSAGE_SIZE - MIB + 1) }))],
    1009,
  ),
  fails(
    '9.8.8',
    'rejects more fragments than the limit, including empty ones (§10.4)',
    [sends(binary('', more)), sends(emptyContinuations(MAX_FRAGMENTS))],
    1008,
    { only: 'client' },
  ),
  fails(
    '9.8.9',
    'rejects a control frame of 2^63 - 1 bytes with 1002 (§5.5)',
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

/** Raw bytes of a server, because encoding so many frames takes too long. */
function emptyContinuations(count: number): Uint8Array {
  return Buffer.alloc(2 * count);
}
