import { constants, deflateRawSync } from 'node:zlib';
import { deflate } from '../compression.js';
import {
  accepts,
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
  text,
} from '../conformance-case.js';
import { BINARY, RSV1, RSV2, type SentFrame, TEXT } from '../wire.js';
import { agreement, exchange, noise } from './deflate-agreement.js';
import { INVALID } from './utf8-texts.js';

/** The extension without parameters: a window of 15 bits, and both ends take over their contexts (RFC 7692). */
const PLAIN = { extension: agreement({}) };

/** The extension without context takeover in either direction. */
const ALONE = { extension: agreement({ serverNoContextTakeover: true, clientNoContextTakeover: true }) };

const SIZES = [0, 1, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 131_072];
const FRAGMENT_SIZES = [1, 2, 7, 64];
const LARGE_FRAGMENT_SIZES = [256, 4_096, 65_536];
const MAX_MESSAGE_SIZE = 16 * 1_024 * 1_024;

const HELLO = text('Hello');
const TOO_LONG = Buffer.alloc(MAX_MESSAGE_SIZE + 1);

export const compression: readonly ConformanceCase[] = [
  ...SIZES.map((size, i) =>
    accepts(
      `12.1.${i + 1}`,
      `echoes text of ${size} bytes five times, with context takeover (RFC 7692 §7.2.1)`,
      exchange(
        TEXT,
        Array.from({ length: 5 }, () => someText(size)),
      ),
      PLAIN,
    ),
  ),
  ...SIZES.map((size, i) =>
    accepts(
      `12.2.${i + 1}`,
      `echoes text of ${size} bytes five times, without context takeover (RFC 7692 §7.1.1)`,
      exchange(
        TEXT,
        Array.from({ length: 5 }, () => someText(size)),
        { sender: { keeps: false }, receiver: { keeps: false } },
      ),
      ALONE,
    ),
  ),
  ...SIZES.map((size, i) =>
    accepts(
      `12.3.${i + 1}`,
      `echoes ${size} bytes that cannot be compressed (RFC 7692 §7.2.1)`,
      exchange(BINARY, [noise(size), noise(size)]),
      PLAIN,
    ),
  ),

  // A message is split into fragments after compression (RFC 7692 §6.1), so the splits mean nothing to DEFLATE.
  ...FRAGMENT_SIZES.map((size, i) =>
    accepts(
      `12.4.${i + 1}`,
      `assembles a compressed message from fragments of ${size} bytes, with Pings between (RFC 7692 §6.1)`,
      [
        ...fragments(compressed(TEXT, someText(3_000)), size).flatMap((each, at) =>
          at % 8 === 0 ? [sends(ping()), gets(pong()), sends(each)] : [sends(each)],
        ),
        getsCompressed(TEXT, someText(3_000)),
      ],
      PLAIN,
    ),
  ),
  accepts(
    '12.4.5',
    'assembles a compressed message whose first and last fragments are empty (RFC 7692 §6.1)',
    [
      sends({ ...compressed(TEXT, HELLO.payload), payload: Buffer.alloc(0), fin: false }),
      sends(continuation(deflate(HELLO.payload), more)),
      sends(continuation()),
      getsCompressed(TEXT, HELLO.payload),
    ],
    PLAIN,
  ),
  ...LARGE_FRAGMENT_SIZES.map((size, i) =>
    accepts(
      `12.4.${i + 6}`,
      `assembles compressed messages of 128 KiB from fragments of ${size} bytes, with a Ping between (RFC 7692 §6.1)`,
      [noise(131_072), hexDigits(noise(65_536))].flatMap(message => [
        ...withPing(fragments(compressed(BINARY, message), size)),
        gets(pong('between')),
        getsCompressed(BINARY, message),
      ]),
      ALONE,
    ),
  ),

  // The examples of §7.2.3: "Hello" in several encodings
  ...(
    [
      ['one block', 'f248cdc9c90700'],
      ['a block without compression', '000500faff48656c6c6f00'],
      ['a block with BFINAL set', 'f348cdc9c9070000'],
      ['two blocks', 'f248050000 00ffffcac9c90700'],
    ] as const
  ).map(([name, hex], i) =>
    accepts(
      `12.5.${i + 1}`,
      `accepts ${name} (RFC 7692 §7.2.3)`,
      [sends(text(Buffer.from(hex.replace(' ', ''), 'hex'), { rsv: RSV1 })), getsCompressed(TEXT, HELLO.payload)],
      PLAIN,
    ),
  ),
  accepts(
    '12.5.5',
    'accepts a message that refers to the previous one (RFC 7692 §7.2.3.2)',
    [
      sends(text(Buffer.from('f248cdc9c90700', 'hex'), { rsv: RSV1 })),
      sends(text(Buffer.from('f200110000', 'hex'), { rsv: RSV1 })),
      getsCompressed(TEXT, HELLO.payload),
      getsCompressed(TEXT, HELLO.payload, HELLO.payload),
    ],
    PLAIN,
  ),
  accepts(
    '12.5.6',
    'accepts an empty message of one byte (RFC 7692 §7.2.3.6)',
    [sends(text(Buffer.of(0), { rsv: RSV1 })), getsCompressed(TEXT, Buffer.alloc(0))],
    PLAIN,
  ),
  accepts(
    '12.5.7',
    'accepts an uncompressed message between compressed ones (RFC 7692 §6.1)',
    [
      sends(compressed(TEXT, HELLO.payload)),
      getsCompressed(TEXT, HELLO.payload),
      sends(text('plain')),
      getsCompressed(TEXT, Buffer.from('plain'), HELLO.payload),
    ],
    PLAIN,
  ),

  accepts(
    '12.5.8',
    'accepts a message of many blocks (RFC 7692 §7.2.1)',
    [sends(binary(manyBlocks(40), { rsv: RSV1 })), getsCompressed(BINARY, Buffer.alloc(40 * 100, 'block '))],
    PLAIN,
  ),
  accepts(
    '12.5.9',
    'accepts a message of several blocks with BFINAL set, and the next message (RFC 7692 §7.2.3.4)',
    [
      sends(text(Buffer.from('f348cdc9c90700f348cdc9c9070000', 'hex'), { rsv: RSV1 })),
      getsCompressed(TEXT, Buffer.from('HelloHello')),
      sends(compressed(TEXT, HELLO.payload)),
      getsCompressed(TEXT, HELLO.payload, Buffer.from('HelloHello')),
    ],
    PLAIN,
  ),
  accepts(
    '12.5.10',
    'accepts 64 KiB in blocks without compression (RFC 7692 §7.2.3.3)',
    [sends(binary(stored(noise(65_536)), { rsv: RSV1 })), getsCompressed(BINARY, noise(65_536))],
    PLAIN,
  ),
  // RSV1 may be set only on the first fragment of a message, and never on a control frame (RFC 7692 §6).
  fails(
    '12.6.1',
    'rejects RSV1 on a continuation (RFC 7692 §6.1)',
    [sends({ ...compressed(TEXT, HELLO.payload), fin: false }), sends(continuation('', { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails(
    '12.6.2',
    'rejects RSV1 on the continuation of an uncompressed message (RFC 7692 §6.1)',
    [sends(text('plain', more)), sends(continuation(deflate(HELLO.payload), { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails('12.6.3', 'rejects RSV1 on a Ping (RFC 7692 §6.1)', [sends(ping('', { rsv: RSV1 }))], 1002, PLAIN),
  fails('12.6.4', 'rejects RSV1 on a Pong (RFC 7692 §6.1)', [sends(pong('', { rsv: RSV1 }))], 1002, PLAIN),
  fails(
    '12.6.5',
    'rejects RSV1 on a Close frame (RFC 7692 §6.1)',
    [sends(close(1000, '', { rsv: RSV1 }))],
    1002,
    PLAIN,
  ),
  fails('12.6.6', 'rejects RSV2 (§5.2)', [sends(text('invalid', { rsv: RSV2 }))], 1002, PLAIN),
  fails('12.6.7', 'rejects RSV1 and RSV2 together (§5.2)', [sends(text('invalid', { rsv: RSV1 | RSV2 }))], 1002, PLAIN),

  // Payloads that do not inflate, or inflate to something invalid
  fails(
    '12.7.1',
    'rejects a payload that is not DEFLATE (RFC 7692 §7.2.2)',
    [sends(binary(Buffer.of(0xff, 0xff), { rsv: RSV1 }))],
    1007,
    PLAIN,
  ),
  fails(
    '12.7.2',
    'rejects a reference before the first byte (RFC 7692 §7.2.2)',
    [sends(text(Buffer.from('f200110000', 'hex'), { rsv: RSV1 }))],
    1007,
    PLAIN,
  ),
  fails(
    '12.7.3',
    'rejects a reference to the previous message without context takeover (RFC 7692 §7.1.1)',
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
    'rejects 16 KiB that inflate to more than the message limit (§10.4)',
    [sends(compressed(BINARY, TOO_LONG))],
    1009,
    PLAIN,
  ),
  fails(
    '12.7.5',
    'rejects 16 KiB in small fragments that inflate to more than the message limit (§10.4)',
    fragments(compressed(BINARY, TOO_LONG), 1_000).map(each => sends(each)),
    1009,
    PLAIN,
  ),
  conversation(
    '12.7.6',
    'accepts a message that inflates to exactly the limit (§10.4)',
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
      ['invalid DEFLATE after valid DEFLATE', 'f248cdc9c907001eff'],
    ] as const
  ).map(([name, hex], i) =>
    fails(
      `12.7.${i + 7}`,
      `rejects ${name} (RFC 7692 §7.2.2)`,
      [sends(binary(Buffer.from(hex, 'hex'), { rsv: RSV1 }))],
      1007,
      PLAIN,
    ),
  ),
  ...INVALID.map(({ name, bytes, number }) =>
    fails(`12.8.${number}`, `rejects ${name} in compressed text (§8.1)`, [sends(compressed(TEXT, bytes))], 1007, PLAIN),
  ),

  // Inflating takes time. Messages and frames keep their order.
  conversation(
    '12.9.1',
    'delivers a compressed message before it handles the Close frame after it (§5.5.1)',
    [sends(compressed(TEXT, someText(65_536))), sends(close(1000)), gets(close(3001))],
    'clean',
    { ...PLAIN, application: { does: 'close', code: 3001 } },
  ),
  conversation(
    '12.9.2',
    'delivers a compressed message before it fails for the frame after it (§7.1.7)',
    [sends(compressed(TEXT, someText(65_536))), sends(continuation('invalid')), gets(close(3001))],
    'failed',
    { ...PLAIN, application: { does: 'close', code: 3001 } },
  ),
  accepts(
    '12.9.3',
    'keeps large and small compressed messages in order (§5.4)',
    exchange(TEXT, [someText(131_072), someText(10), someText(65_536), someText(0)]),
    PLAIN,
  ),
  accepts('12.9.4', 'answers Pings (§5.5.2)', [sends(ping('plain')), gets(pong('plain'))], PLAIN),
];

function compressed(opcode: number, message: Uint8Array): SentFrame {
  return { fin: true, rsv: RSV1, opcode, payload: deflate(message) };
}

function getsCompressed(opcode: number, message: Uint8Array, history: Uint8Array = Buffer.alloc(0)): Line {
  return { kind: 'gets compressed', opcode, message, windowBits: 15, history };
}

/** Returns twice as many bytes, which compress to about half. */
function hexDigits(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('hex'));
}

/** Inserts a Ping after the first fragment, which is not the last. */
function withPing([first, ...later]: readonly SentFrame[]): Line[] {
  return [sends(first!), sends(ping('between')), ...later.map(each => sends(each))];
}

/**
 * Compresses a message into `count` blocks of 100 bytes, each ended by a full flush, without the tail of the last one.
 */
function manyBlocks(count: number): Uint8Array {
  const message = Buffer.alloc(count * 100, 'block ');
  const blocks = Array.from({ length: count }, (_, i) =>
    deflateRawSync(message.subarray(i * 100, (i + 1) * 100), { finishFlush: constants.Z_FULL_FLUSH }),
  );
  return Buffer.concat(blocks).subarray(0, -4);
}

/** Compresses with level 0, which only stores the bytes. */
function stored(message: Uint8Array): Uint8Array {
  return deflateRawSync(message, { level: 0, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}
