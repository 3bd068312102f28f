import { constants, deflateRawSync } from 'node:zlib';
import { deflate } from '../compression.js';
import {
  binary,
  type ConformanceCase,
  close,
  continuation,
  conversation,
  fails,
  fragments,
  gets,
  type Line,
  more,
  ping,
  pong,
  sends,
  someText,
  takes,
  text,
} from '../conformance-case.js';
import { BINARY, RSV1, RSV2, type SentFrame, TEXT } from '../wire.js';
import { agreement, exchange, noise } from './deflate-agreement.js';
import { INVALID } from './utf8-texts.js';

/** RFC 7692, where nothing but the extension itself is agreed on: 15 bits, and both take over their contexts. */
const PLAIN = { extension: agreement({}) };

/** The same, but every message stands alone. */
const ALONE = { extension: agreement({ serverNoContextTakeover: true, clientNoContextTakeover: true }) };

const SIZES = [0, 1, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 131_072];
const FRAGMENT_SIZES = [1, 2, 7, 64];
const LARGE_FRAGMENT_SIZES = [256, 4_096, 65_536];
const MAX_MESSAGE_SIZE = 16 * 1_024 * 1_024;

const HELLO = text('Hello');
const TOO_LONG = Buffer.alloc(MAX_MESSAGE_SIZE + 1);

export const compression: readonly ConformanceCase[] = [
  ...SIZES.map((size, i) =>
    takes(
      `12.1.${i + 1}`,
      `echoes text of ${size} bytes five times, contexts taken over (RFC 7692 §7.2.1)`,
      exchange(
        TEXT,
        Array.from({ length: 5 }, () => someText(size)),
      ),
      PLAIN,
    ),
  ),
  ...SIZES.map((size, i) =>
    takes(
      `12.2.${i + 1}`,
      `echoes text of ${size} bytes five times, each alone (RFC 7692 §7.1.1)`,
      exchange(
        TEXT,
        Array.from({ length: 5 }, () => someText(size)),
        { sender: { keeps: false }, receiver: { keeps: false } },
      ),
      ALONE,
    ),
  ),
  ...SIZES.map((size, i) =>
    takes(
      `12.3.${i + 1}`,
      `echoes ${size} bytes that do not compress (RFC 7692 §7.2.1)`,
      exchange(BINARY, [noise(size), noise(size)]),
      PLAIN,
    ),
  ),

  // A message is cut into fragments behind the compressing (RFC 7692 §6.1): to DEFLATE the cuts mean nothing.
  ...FRAGMENT_SIZES.map((size, i) =>
    takes(
      `12.4.${i + 1}`,
      `joins a compressed message from fragments of ${size} bytes, Pings between (RFC 7692 §6.1)`,
      [
        ...fragments(compressed(TEXT, someText(3_000)), size).flatMap((each, at) =>
          at % 8 === 0 ? [sends(ping()), gets(pong()), sends(each)] : [sends(each)],
        ),
        getsCompressed(TEXT, someText(3_000)),
      ],
      PLAIN,
    ),
  ),
  takes(
    '12.4.5',
    'joins a compressed message with empty fragments first and last (RFC 7692 §6.1)',
    [
      sends({ ...compressed(TEXT, HELLO.payload), payload: Buffer.alloc(0), fin: false }),
      sends(continuation(deflate(HELLO.payload), more)),
      sends(continuation()),
      getsCompressed(TEXT, HELLO.payload),
    ],
    PLAIN,
  ),
  ...LARGE_FRAGMENT_SIZES.map((size, i) =>
    takes(
      `12.4.${i + 6}`,
      `joins compressed messages of 128 KiB from fragments of ${size} bytes, a Ping between (RFC 7692 §6.1)`,
      [noise(131_072), hexDigits(noise(65_536))].flatMap(message => [
        ...withPing(fragments(compressed(BINARY, message), size)),
        gets(pong('between')),
        getsCompressed(BINARY, message),
      ]),
      ALONE,
    ),
  ),

  // The examples of §7.2.3: "Hello" in every way.
  ...(
    [
      ['one block', 'f248cdc9c90700'],
      ['a block without compression', '000500faff48656c6c6f00'],
      ['a block with BFINAL set', 'f348cdc9c9070000'],
      ['two blocks', 'f248050000 00ffffcac9c90700'],
    ] as const
  ).map(([name, hex], i) =>
    takes(
      `12.5.${i + 1}`,
      `takes ${name} (RFC 7692 §7.2.3)`,
      [sends(text(Buffer.from(hex.replace(' ', ''), 'hex'), { rsv: RSV1 })), getsCompressed(TEXT, HELLO.payload)],
      PLAIN,
    ),
  ),
  takes(
    '12.5.5',
    'takes a message that refers to the one before (RFC 7692 §7.2.3.2)',
    [
      sends(text(Buffer.from('f248cdc9c90700', 'hex'), { rsv: RSV1 })),
      sends(text(Buffer.from('f200110000', 'hex'), { rsv: RSV1 })),
      getsCompressed(TEXT, HELLO.payload),
      getsCompressed(TEXT, HELLO.payload, HELLO.payload),
    ],
    PLAIN,
  ),
  takes(
    '12.5.6',
    'takes an empty message of one byte (RFC 7692 §7.2.3.6)',
    [sends(text(Buffer.of(0), { rsv: RSV1 })), getsCompressed(TEXT, Buffer.alloc(0))],
    PLAIN,
  ),
  takes(
    '12.5.7',
    'takes an uncompressed message between compressed ones (RFC 7692 §6.1)',
    [
      sends(compressed(TEXT, HELLO.payload)),
      getsCompressed(TEXT, HELLO.payload),
      sends(text('plain')),
      getsCompressed(TEXT, Buffer.from('plain'), HELLO.payload),
    ],
    PLAIN,
  ),

  takes(
    '12.5.8',
    'takes a message of many blocks (RFC 7692 §7.2.1)',
    [sends(binary(manyBlocks(40), { rsv: RSV1 })), getsCompressed(BINARY, Buffer.alloc(40 * 100, 'block '))],
    PLAIN,
  ),
  takes(
    '12.5.9',
    'takes a message of several blocks with BFINAL set, and the next (RFC 7692 §7.2.3.4)',
    [
      sends(text(Buffer.from('f348cdc9c90700f348cdc9c9070000', 'hex'), { rsv: RSV1 })),
      getsCompressed(TEXT, Buffer.from('HelloHello')),
      sends(compressed(TEXT, HELLO.payload)),
      getsCompressed(TEXT, HELLO.payload, Buffer.from('HelloHello')),
    ],
    PLAIN,
  ),
  takes(
    '12.5.10',
    'takes 64 KiB in blocks without compression (RFC 7692 §7.2.3.3)',
    [sends(binary(stored(noise(65_536)), { rsv: RSV1 })), getsCompressed(BINARY, noise(65_536))],
    PLAIN,
  ),
  // RSV1 stands on the first fragment of a message alone, and never on a control frame (RFC 7692 §6).
  fails(
    '12.6.1',
    'refuses RSV1 on a continuation (RFC 7692 §6.1)',
    [sends({ ...compressed(TEXT, HELLO.payload), fin: false }), sends(continuation('', { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails(
    '12.6.2',
    'refuses RSV1 on the continuation of an uncompressed message (RFC 7692 §6.1)',
    [sends(text('plain', more)), sends(continuation(deflate(HELLO.payload), { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails('12.6.3', 'refuses RSV1 on a Ping (RFC 7692 §6.1)', [sends(ping('', { rsv: RSV1 }))], 1002, PLAIN),
  fails('12.6.4', 'refuses RSV1 on a Pong (RFC 7692 §6.1)', [sends(pong('', { rsv: RSV1 }))], 1002, PLAIN),
  fails(
    '12.6.5',
    'refuses RSV1 on a Close frame (RFC 7692 §6.1)',
    [sends(close(1000, '', { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails('12.6.6', 'refuses RSV2 still (§5.2)', [sends(text('bad', { rsv: RSV2 }))], 1002, PLAIN),
  fails('12.6.7', 'refuses RSV1 and RSV2 together (§5.2)', [sends(text('bad', { rsv: RSV1 | RSV2 }))], 1002, PLAIN),

  // What does not inflate, or not to what it must be.
  fails(
    '12.7.1',
    'refuses what is no DEFLATE (RFC 7692 §7.2.2)',
    [sends(binary(Buffer.of(0xff, 0xff), { rsv: RSV1 }))],
    1007,
    PLAIN,
  ),
  fails(
    '12.7.2',
    'refuses a reference to what never was (RFC 7692 §7.2.2)',
    [sends(text(Buffer.from('f200110000', 'hex'), { rsv: RSV1 }))],
    1007,
    PLAIN,
  ),
  fails(
    '12.7.3',
    'refuses a reference to the message before, where that is forgotten (RFC 7692 §7.1.1)',
    [
      sends(text(Buffer.from('f248cdc9c90700', 'hex'), { rsv: RSV1 })),
      getsCompressed(TEXT, HELLO.payload),
      sends(text(Buffer.from('f200110000', 'hex'), { rsv: RSV1 })),
    ],
    1007,
    ALONE,
  ),
  fails(
    '12.7.4',
    'refuses 16 KiB that inflate to more than the limit of a message (§10.4)',
    [sends(compressed(BINARY, TOO_LONG))],
    1009,
    PLAIN,
  ),
  fails(
    '12.7.5',
    'refuses them in fragments, each of them small (§10.4)',
    fragments(compressed(BINARY, TOO_LONG), 1_000).map(each => sends(each)),
    1009,
    PLAIN,
  ),
  conversation(
    '12.7.6',
    'takes what inflates to its limit to the byte (§10.4)',
    [sends(compressed(BINARY, TOO_LONG.subarray(1))), gets(close(3001)), sends(close(3001))],
    'clean',
    { ...PLAIN, application: { does: 'close', code: 3001 } },
  ),
  ...(
    [
      ['a block of the reserved type', '06'],
      ['a block without compression whose length is not the complement of its length', '000500faf048656c6c6f00'],
      ['a block without compression that is cut short', '00ff0000ff48656c6c6f'],
      ['a block of dynamic codes that is cut short', '04c0'],
      ['what is no DEFLATE behind what is', 'f248cdc9c907001eff'],
    ] as const
  ).map(([name, hex], i) =>
    fails(
      `12.7.${i + 7}`,
      `refuses ${name} (RFC 7692 §7.2.2)`,
      [sends(binary(Buffer.from(hex, 'hex'), { rsv: RSV1 }))],
      1007,
      PLAIN,
    ),
  ),
  ...INVALID.map(({ name, bytes, number }) =>
    fails(`12.8.${number}`, `refuses ${name} in compressed text (§8.1)`, [sends(compressed(TEXT, bytes))], 1007, PLAIN),
  ),

  // A compressed message takes its time, and its place in the order.
  conversation(
    '12.9.1',
    'delivers a compressed message before it reads the Close frame behind it (§5.5.1)',
    [sends(compressed(TEXT, someText(65_536))), sends(close(1000)), gets(close(3001))],
    'clean',
    { ...PLAIN, application: { does: 'close', code: 3001 } },
  ),
  conversation(
    '12.9.2',
    'delivers a compressed message before it judges what is behind it (§7.1.7)',
    [sends(compressed(TEXT, someText(65_536))), sends(continuation('bad')), gets(close(3001))],
    'failed',
    { ...PLAIN, application: { does: 'close', code: 3001 } },
  ),
  takes(
    '12.9.3',
    'keeps messages in order that inflate in no time and in a long time (§5.4)',
    exchange(TEXT, [someText(131_072), someText(10), someText(65_536), someText(0)]),
    PLAIN,
  ),
  takes('12.9.4', 'answers Pings as ever (§5.5.2)', [sends(ping('plain')), gets(pong('plain'))], PLAIN),
];

function compressed(opcode: number, message: Uint8Array): SentFrame {
  return { fin: true, rsv: RSV1, opcode, payload: deflate(message) };
}

function getsCompressed(opcode: number, message: Uint8Array, history: Uint8Array = Buffer.alloc(0)): Line {
  return { kind: 'gets compressed', opcode, message, windowBits: 15, history };
}

/** Twice as many bytes, which compress by half. */
function hexDigits(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('hex'));
}

/** With a Ping behind the first of them, which is not the last. */
function withPing([first, ...later]: readonly SentFrame[]): Line[] {
  return [sends(first!), sends(ping('between')), ...later.map(each => sends(each))];
}

/** `count` blocks of 100 bytes, each ended by a full flush, without the tail of the last. */
function manyBlocks(count: number): Uint8Array {
  const message = Buffer.alloc(count * 100, 'block ');
  const blocks = Array.from({ length: count }, (_, i) =>
    deflateRawSync(message.subarray(i * 100, (i + 1) * 100), { finishFlush: constants.Z_FULL_FLUSH }),
  );
  return Buffer.concat(blocks).subarray(0, -4);
}

/** As level 0 of zlib's does it. */
function stored(message: Uint8Array): Uint8Array {
  return deflateRawSync(message, { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}
