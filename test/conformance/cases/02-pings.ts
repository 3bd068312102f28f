import {
  accepts,
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
  text,
} from '../conformance-case.js';

const LENGTHS = [0, 1, 5, 124, 125];

export const pings: readonly ConformanceCase[] = [
  // "A Pong frame sent in response to a Ping frame must have identical "Application data"" (§5.5.3)
  ...LENGTHS.map((length, i) =>
    accepts(`2.1.${i + 1}`, `answers a Ping of ${length} bytes with the same bytes (§5.5.3) [5.5.2-2]`, [
      sends(ping(someBytes(length))),
      gets(pong(someBytes(length))),
    ]),
  ),
  accepts('2.1.6', 'answers a Ping whose payload is not text (§5.5.2)', [
    sends(ping(Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff))),
    gets(pong(Buffer.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff))),
  ]),
  accepts('2.1.7', 'answers a Ping that arrives byte by byte (§5.5.2)', [
    sends(ping(someBytes(125)), 1),
    gets(pong(someBytes(125))),
  ]),

  // "All control frames MUST have a payload length of 125 bytes or less" (§5.5)
  fails('2.2.1', 'rejects a Ping of 126 bytes (§5.5) [5.5-1]', [sends(ping(someBytes(126)))], 1002),
  fails('2.2.2', 'rejects a Ping of 126 bytes at its header (§5.5)', [sends(cutShort(ping(), 126))], 1002),
  fails('2.2.3', 'rejects a Ping of 65,536 bytes at its header (§5.5)', [sends(cutShort(ping(), 65_536))], 1002),
  fails('2.2.4', 'rejects a Pong of 126 bytes (§5.5)', [sends(pong(someBytes(126)))], 1002),

  // "A Pong frame MAY be sent unsolicited. … A response to an unsolicited Pong frame is not expected." (§5.5.3)
  accepts('2.3.1', 'ignores an unsolicited Pong (§5.5.3) [5.5.3-2]', [sends(pong())]),
  accepts('2.3.2', 'ignores an unsolicited Pong with a payload (§5.5.3)', [sends(pong('unsolicited'))]),
  accepts('2.3.3', 'ignores an unsolicited Pong and answers the Ping after it (§5.5.3)', [
    sends(pong('unsolicited')),
    sends(ping('ping')),
    gets(pong('ping')),
  ]),

  accepts('2.4.1', 'answers ten Pings, in order (§5.5.2)', [
    ...tenOf(i => sends(ping(`ping ${i}`))),
    ...tenOf(i => gets(pong(`ping ${i}`))),
  ]),
  accepts('2.4.2', 'answers ten Pings that arrive byte by byte, in order (§5.5.2)', [
    ...tenOf((i): Sends => sends(ping(`ping ${i}`), 1)),
    ...tenOf(i => gets(pong(`ping ${i}`))),
  ]),
  accepts('2.4.3', 'answers each of ten equal Pings (§5.5.2)', [
    ...tenOf(() => sends(ping('same'))),
    ...tenOf(() => gets(pong('same'))),
  ]),
  accepts('2.5.1', 'answers Pings and messages in the order in which they arrive (§5.5.2)', [
    sends(ping('1')),
    sends(text('2')),
    sends(ping('3')),
    sends(binary('4')),
    gets(pong('1')),
    gets(text('2')),
    gets(pong('3')),
    gets(binary('4')),
  ]),
  accepts('2.5.2', 'answers a Ping in a fragmented message before the message is complete (§5.4)', [
    sends(text('half ', more)),
    sends(ping('between')),
    gets(pong('between')),
    sends(continuation('and half')),
    gets(text('half and half')),
  ]),
  accepts('2.5.3', 'echoes messages after a Ping as before (§5.5.2)', [
    ...echo(text('before')),
    sends(ping()),
    gets(pong()),
    ...echo(text('after')),
  ]),
];

function tenOf<T>(make: (i: number) => T): T[] {
  return Array.from({ length: 10 }, (_, i) => make(i));
}
