import {
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
  takes,
  text,
} from '../conformance-case.js';
import { INVALID, type InvalidText, VALID } from './utf8-texts.js';

/** What surrounds a text, so that it stands deep in a frame. */
const PADDING = Buffer.alloc(120, 'wörter ');

/**
 * "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream,
 * that endpoint MUST _Fail the WebSocket Connection_." (§8.1) Strictest: at the first byte that cannot be right, whatever part of
 * the frame or of the message is still to come.
 */
export const utf8: readonly ConformanceCase[] = [
  ...VALID.flatMap(({ name, bytes }, i) => [
    takes(`6.1.${i + 1}`, `takes ${name} (§5.6)`, echo(text(bytes))),
    takes(`6.2.${i + 1}`, `takes ${name}, each byte a fragment, and a Ping inside (§5.4)`, byteByByte(bytes)),
    takes(`6.3.${i + 1}`, `takes ${name} in a long text (§5.6)`, echo(text(inLongText(bytes)))),
  ]),
  ...INVALID.flatMap(each => invalid(each)),

  takes('6.8.1', 'checks every message from its start: one that ends with a lead byte is binary (§5.6)', [
    ...echo(binary(Buffer.of(0xe2, 0x82))),
    ...echo(text('text behind it')),
  ]),
  fails(
    '6.8.2',
    'does not let one message finish the character of another (§8.1)',
    [sends(text(Buffer.of(0xe2, 0x82))), sends(text(Buffer.of(0xac)))],
    1007,
  ),
  takes('6.8.3', 'does not let the bytes of a Ping into the character around it (§5.4)', [
    sends(text(Buffer.of(0xe2), more)),
    sends(ping(Buffer.of(0x41, 0xff))),
    sends(continuation(Buffer.of(0x82, 0xac))),
    gets(pong(Buffer.of(0x41, 0xff))),
    gets(text('€')),
  ]),
  fails(
    '6.8.4',
    'checks the message, not the fragment: a cut character is wrong when the message ends (§8.1) [5.6-1]',
    [sends(text(Buffer.of(0xf0, 0x9f), more)), sends(continuation(Buffer.of(0xa6)))],
    1007,
  ),
  fails(
    '6.8.5',
    'delivers what came before the invalid text, and takes nothing behind it (§7.1.7)',
    [sends(text('good')), sends(text(Buffer.of(0xff))), sends(text('behind')), gets(text('good'))],
    1007,
  ),
  takes('6.8.6', 'passes over an unfinished character of an unfinished message at the end (§5.5.1)', [
    sends(text(Buffer.of(0xe2, 0x82), more)),
  ]),
  fails(
    '6.8.7',
    'finds a bad byte in the last of 70,000 (§8.1)',
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

/** Every way in which an invalid text can come. `wrongAt` is the first byte that cannot be right. */
function invalid({ number, name, bytes, wrongAt }: InvalidText): ConformanceCase[] {
  const before = bytes.subarray(0, wrongAt);
  const wrong = bytes.subarray(wrongAt, wrongAt + 1);
  const isCut = wrongAt === bytes.length;
  const cases = [
    fails(`6.4.${number}`, `refuses ${name} (§8.1) [8.1-1]`, [sends(text(bytes))], 1007),
    fails(
      `6.5.${number}`,
      `refuses ${name} in a long text (§8.1)`,
      [sends(text(isCut ? Buffer.concat([PADDING, bytes]) : inLongText(bytes)))],
      1007,
    ),
    fails(
      `6.6.${number}`,
      `refuses ${name}, cut into fragments just before the wrong byte (§8.1)`,
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
  // The rest of the frame never comes.
  const failFast = fails(
    `6.7.${number}`,
    `refuses ${name} at the wrong byte, in the middle of its frame (§8.1)`,
    [sends(cutShort(text(Buffer.concat([PADDING, before, wrong])), 500))],
    1007,
  );
  return [...cases, failFast];
}
