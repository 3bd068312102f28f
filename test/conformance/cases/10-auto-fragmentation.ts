import {
  accepts,
  binary,
  type ConformanceCase,
  fragments,
  gets,
  getsMessage,
  ping,
  pong,
  sends,
  someBytes,
  someText,
  text,
} from '../conformance-case.js';
import { BINARY, TEXT } from '../wire.js';

/** Fragment sizes for a message of 64 KiB. §5.4 lets the sender choose them. */
const SIZES = [1_300, 1_024, 125, 65_535];

export const autoFragmentation: readonly ConformanceCase[] = [
  ...SIZES.map((size, i) =>
    accepts(`10.1.${i + 1}`, `echoes text of 64 KiB that the tester splits every ${size} bytes (§5.4)`, [
      ...fragments(text(someText(65_536)), size).map(each => sends(each)),
      gets(text(someText(65_536))),
    ]),
  ),
  ...SIZES.map((size, i) =>
    accepts(`10.2.${i + 1}`, `echoes binary of 64 KiB that the tester splits every ${size} bytes (§5.4)`, [
      ...fragments(binary(someBytes(65_536)), size).map(each => sends(each)),
      gets(binary(someBytes(65_536))),
    ]),
  ),

  // The endpoint fragments: its application sends a stream.
  accepts(
    '10.3.1',
    'sends a stream of text as valid fragments (§5.4) [6.1-5] [6.1-6] [6.1-7]',
    [sends(text('a'.repeat(65_536))), getsMessage(TEXT, 'a'.repeat(65_536), 16)],
    { application: { does: 'stream', pieceSize: 4_096 } },
  ),
  accepts(
    '10.3.2',
    'sends a stream of binary as valid fragments (§5.4)',
    [sends(binary(someBytes(65_536))), getsMessage(BINARY, someBytes(65_536), 50)],
    { application: { does: 'stream', pieceSize: 1_300 } },
  ),
  accepts(
    '10.3.3',
    'does not interleave the fragments of two streams (§5.4) [5.4-4]',
    [
      sends(text('a'.repeat(1_000))),
      sends(binary(someBytes(1_000))),
      getsMessage(TEXT, 'a'.repeat(1_000), 10),
      getsMessage(BINARY, someBytes(1_000), 10),
    ],
    { application: { does: 'stream', pieceSize: 100 } },
  ),
  accepts(
    '10.3.4',
    'sends a message of one byte as a stream (§5.4)',
    [sends(ping()), gets(pong()), sends(binary(Buffer.of(7))), getsMessage(BINARY, Buffer.of(7), 1)],
    { application: { does: 'stream', pieceSize: 1 } },
  ),
];
