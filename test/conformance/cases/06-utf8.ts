import {
  accepts,
  binary,
  type ConformanceCase,
  continuation,
  cutShort,
  echo,
  fails,
  fragments,
  gets,
  type Line,
  more,
  ping,
  pong,
  sends,
  text,
} from '../conformance-case.js';
import { INVALID, type InvalidText, VALID } from './utf8-texts.js';

/** Text to put around another text, so that it is in the middle of a frame. */
const PADDING = Buffer.alloc(120, 'wörter ');

/**
 * "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
 * UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_." (§8.1) The strictest behaviour is to fail at the
 * first byte that cannot be valid, even if more of the frame or message is still to arrive.
 */
export const utf8: readonly ConformanceCase[] = [
  ...VALID.flatMap(({ name, bytes }, i) => [
    accepts(`6.1.${i + 1}`, `accepts ${name} (§5.6)`, echo(text(bytes))),
    accepts(
      `6.2.${i + 1}`,
      `accepts ${name}, each byte a fragment, with a Ping between them (§5.4)`,
      byteByByte(bytes),
    ),
    accepts(`6.3.${i + 1}`, `accepts ${name} in a long text (§5.6)`, echo(text(inLongText(bytes)))),
  ]),
  ...INVALID.flatMap(each => invalid(each)),

  accepts('6.8.1', 'does not check binary messages, nor let them affect the next text (§5.6)', [
    ...echo(binary(Buffer.of(0xe2, 0x82))),
    ...echo(text('text after it')),
  ]),
  fails(
    '6.8.2',
    'rejects a character that starts in one message and ends in the next (§8.1)',
    [sends(text(Buffer.of(0xe2, 0x82))), sends(text(Buffer.of(0xac)))],
    1007,
  ),
  accepts('6.8.3', 'accepts a character with a Ping between its bytes (§5.4)', [
    sends(text(Buffer.of(0xe2), more)),
    sends(ping(Buffer.of(0x41, 0xff))),
    sends(continuation(Buffer.of(0x82, 0xac))),
    gets(pong(Buffer.of(0x41, 0xff))),
    gets(text('€')),
  ]),
  fails(
    '6.8.4',
    'rejects an incomplete character at the end of the message, not of a fragment (§8.1) [5.6-1]',
    [sends(text(Buffer.of(0xf0, 0x9f), more)), sends(continuation(Buffer.of(0xa6)))],
    1007,
  ),
  fails(
    '6.8.5',
    'delivers the messages before an invalid text, and none after it (§7.1.7)',
    [sends(text('good')), sends(text(Buffer.of(0xff))), sends(text('after')), gets(text('good'))],
    1007,
  ),
  accepts('6.8.6', 'ignores an incomplete character in an unfinished message when the connection closes (§5.5.1)', [
    sends(text(Buffer.of(0xe2, 0x82), more)),
  ]),
  fails(
    '6.8.7',
    'rejects an invalid byte at the end of 70,000 (§8.1)',
    [sends(text(Buffer.concat([Buffer.alloc(69_999, 'abc'), Buffer.of(0xff)])))],
    1007,
  ),
];

function inLongText(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([PADDING, bytes, PADDING]);
}

function byteByByte(bytes: Uint8Array): Line[] {
  const pieces = fragments(text(bytes), 1).map(each => sends({ ...each, fin: false }));
  return [
    pieces[0]!,
    sends(ping('between')),
    ...pieces.slice(1),
    sends(continuation()),
    gets(pong('between')),
    gets(text(bytes)),
  ];
}

/** Every way in which an invalid text can arrive. `wrongAt` is the index of the first byte that cannot be valid. */
function invalid({ number, name, bytes, wrongAt }: InvalidText): ConformanceCase[] {
  const before = bytes.subarray(0, wrongAt);
  const wrong = bytes.subarray(wrongAt, wrongAt + 1);
  const isCut = wrongAt === bytes.length;
  const cases = [
    fails(`6.4.${number}`, `rejects ${name} (§8.1) [8.1-1]`, [sends(text(bytes))], 1007),
    fails(
      `6.5.${number}`,
      `rejects ${name} in a long text (§8.1)`,
      [sends(text(isCut ? Buffer.concat([PADDING, bytes]) : inLongText(bytes)))],
      1007,
    ),
    fails(
      `6.6.${number}`,
      `rejects ${name}, split into fragments before the invalid byte (§8.1)`,
      [
        sends(text(before, more)),
        sends(ping('still alive')),
        gets(pong('still alive')),
        sends(continuation(wrong, isCut ? {} : more)),
      ],
      1007,
    ),
  ];
  if (isCut) return cases;
  // The rest of the frame never arrives.
  const failFast = fails(
    `6.7.${number}`,
    `rejects ${name} at the invalid byte, in the middle of the frame (§8.1)`,
    [sends(cutShort(text(Buffer.concat([PADDING, before, wrong])), 500))],
    1007,
  );
  return [...cases, failFast];
}
