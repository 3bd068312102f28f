import {
  binary,
  type ConformanceCase,
  continuation,
  cutShort,
  echo,
  fails,
  gets,
  more,
  ping,
  pong,
  type Sends,
  sends,
  someBytes,
  takes,
  text,
} from '../conformance-case.js';

const LENGTHS = [0, 1, 5, 124, 125];

export const pings: readonly ConformanceCase[] = [
  // "A Pong frame sent in response to a Ping frame must have identical "Application data"" (§5.5.3)
  ...LENGTHS.map((length, i) =>
    takes(`2.1.${i + 1}`, `answers a Ping of ${length} bytes by the same (§5.5.3) [5.5.2-2]`, [
      sends(ping(someBytes(length))),
      gets(pong(someBytes(length))),
    ]),
  ),
  takes('2.1.6', 'answers a Ping whose bytes are no text (§5.5.2)', [
    sends(ping(Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff))),
    gets(pong(Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff))),
  ]),
  takes('2.1.7', 'answers a Ping that comes byte by byte (§5.5.2)', [
    sends(ping(someBytes(125)), 1),
    gets(pong(someBytes(125))),
  ]),

  // "All control frames MUST have a payload length of 125 bytes or less" (§5.5)
  fails('2.2.1', 'refuses a Ping of 126 bytes (§5.5) [5.5-1]', [sends(ping(someBytes(126)))], 1002),
  fails('2.2.2', 'refuses a Ping of 126 bytes at its header (§5.5)', [sends(cutShort(ping(), 126))], 1002),
  fails('2.2.3', 'refuses a Ping of 65,536 bytes at its header (§5.5)', [sends(cutShort(ping(), 65_536))], 1002),
  fails('2.2.4', 'refuses a Pong of 126 bytes (§5.5)', [sends(pong(someBytes(126)))], 1002),

  // "A Pong frame MAY be sent unsolicited. … A response to an unsolicited Pong frame is not expected." (§5.5.3)
  takes('2.3.1', 'passes over an unsolicited Pong (§5.5.3) [5.5.3-2]', [sends(pong())]),
  takes('2.3.2', 'passes over an unsolicited Pong with a payload (§5.5.3)', [sends(pong('nobody asked'))]),
  takes('2.3.3', 'passes over an unsolicited Pong and answers the Ping behind it (§5.5.3)', [
    sends(pong('nobody asked')),
    sends(ping('asked')),
    gets(pong('asked')),
  ]),

  takes('2.4.1', 'answers ten Pings one by one, in order (§5.5.2)', [
    ...tenOf(i => sends(ping(`ping ${i}`))),
    ...tenOf(i => gets(pong(`ping ${i}`))),
  ]),
  takes('2.4.2', 'answers ten Pings that come byte by byte, in order (§5.5.2)', [
    ...tenOf((i): Sends => sends(ping(`ping ${i}`), 1)),
    ...tenOf(i => gets(pong(`ping ${i}`))),
  ]),
  takes('2.4.3', 'answers equal Pings each by a Pong of its own (§5.5.2)', [
    ...tenOf(() => sends(ping('same'))),
    ...tenOf(() => gets(pong('same'))),
  ]),
  takes('2.5.1', 'keeps Pongs and messages in the order of what they answer (§5.5.2)', [
    sends(ping('1')),
    sends(text('2')),
    sends(ping('3')),
    sends(binary('4')),
    gets(pong('1')),
    gets(text('2')),
    gets(pong('3')),
    gets(binary('4')),
  ]),
  takes('2.5.2', 'answers a Ping inside of a fragmented message before that is whole (§5.4)', [
    sends(text('half ', more)),
    sends(ping('between')),
    gets(pong('between')),
    sends(continuation('and half')),
    gets(text('half and half')),
  ]),
  takes('2.5.3', 'goes on as before behind a Ping (§5.5.2)', [
    ...echo(text('before')),
    sends(ping()),
    gets(pong()),
    ...echo(text('behind')),
  ]),
];

function tenOf<T>(make: (i: number) => T): T[] {
  return Array.from({ length: 10 }, (_, i) => make(i));
}
