import {
  binary,
  type ConformanceCase,
  close,
  continuation,
  cutShort,
  echo,
  fails,
  fragments,
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

export const fragmentation: readonly ConformanceCase[] = [
  // "Control frames themselves MUST NOT be fragmented." (§5.4)
  fails(
    '5.1.1',
    'refuses a fragmented Ping (§5.5) [5.4-2] [5.4-12] [5.5-2]',
    [sends(ping('one', more)), sends(continuation('two'))],
    1002,
  ),
  fails('5.1.2', 'refuses a fragmented Pong (§5.5)', [sends(pong('one', more)), sends(continuation('two'))], 1002),
  fails(
    '5.1.3',
    'refuses a fragmented Close frame (§5.5)',
    [sends(close(1000, '', more)), sends(continuation())],
    1002,
  ),
  fails('5.1.4', 'refuses a fragmented Ping at its header (§5.5)', [sends(cutShort(ping('', more), 10))], 1002),

  takes('5.2.1', 'joins text of two fragments (§5.4) [5.4-7]', [
    sends(text('frag', more)),
    sends(continuation('ment')),
    gets(text('fragment')),
  ]),
  takes('5.2.2', 'joins binary of two fragments (§5.4)', [
    sends(binary(someBytes(300).subarray(0, 200), more)),
    sends(continuation(someBytes(300).subarray(200))),
    gets(binary(someBytes(300))),
  ]),
  takes('5.2.3', 'joins text of five fragments, all of them empty (§5.4)', [
    sends(text('', more)),
    sends(continuation('', more)),
    sends(continuation('', more)),
    sends(continuation('', more)),
    sends(continuation()),
    gets(text()),
  ]),
  takes('5.2.4', 'joins a message whose first and last fragments are empty (§5.4)', [
    sends(text('', more)),
    sends(continuation('middle', more)),
    sends(continuation()),
    gets(text('middle')),
  ]),
  takes('5.2.5', 'joins a message of one-byte fragments (§5.4) [5.4-3]', [
    ...fragments(text('one by one'), 1).map(each => sends(each)),
    gets(text('one by one')),
  ]),
  takes('5.2.6', 'joins a message of 1,000 fragments (§5.4)', [
    ...fragments(binary(someBytes(3_000)), 3).map(each => sends(each)),
    gets(binary(someBytes(3_000))),
  ]),
  takes('5.2.7', 'joins fragments of every length encoding (§5.2)', [
    sends(binary(someBytes(100), more)),
    sends(continuation(someBytes(1_000), more)),
    sends(continuation(someBytes(70_000))),
    gets(binary(Buffer.concat([someBytes(100), someBytes(1_000), someBytes(70_000)]))),
  ]),
  takes('5.2.8', 'joins one message after the other (§5.4) [6.2-4]', [
    sends(text('a', more)),
    sends(continuation('b')),
    sends(binary('c', more)),
    sends(continuation('d', more)),
    sends(continuation('e')),
    sends(text('f')),
    gets(text('ab')),
    gets(binary('cde')),
    gets(text('f')),
  ]),
  takes('5.2.9', 'joins fragments that come one byte at a time (§5.4)', [
    sends(text('frag', more), 1),
    sends(continuation('men', more), 1),
    sends(continuation('ted'), 1),
    gets(text('fragmented')),
  ]),

  // "Control frames MAY be injected in the middle of a fragmented message." (§5.4)
  takes('5.3.1', 'answers a Ping between two fragments (§5.4) [5.4-1] [5.4-5]', [
    sends(text('frag', more)),
    sends(ping('between')),
    sends(continuation('ment')),
    gets(pong('between')),
    gets(text('fragment')),
  ]),
  takes('5.3.2', 'answers a Ping between every two of five fragments (§5.4)', [
    sends(text('a', more)),
    sends(ping('1')),
    sends(continuation('b', more)),
    sends(ping('2')),
    sends(continuation('c', more)),
    sends(ping('3')),
    sends(continuation('d', more)),
    sends(ping('4')),
    sends(continuation('e')),
    gets(pong('1')),
    gets(pong('2')),
    gets(pong('3')),
    gets(pong('4')),
    gets(text('abcde')),
  ]),
  takes('5.3.3', 'passes over Pongs between fragments (§5.4)', [
    sends(binary('frag', more)),
    sends(pong('between')),
    sends(continuation('ment')),
    gets(binary('fragment')),
  ]),
  takes('5.3.4', 'does not mix up the bytes of a Ping with those of the message around it (§5.4)', [
    sends(text(someText(200), more)),
    sends(ping(someBytes(125))),
    gets(pong(someBytes(125))),
    sends(continuation('the end')),
    gets(text(Buffer.concat([someText(200), Buffer.from('the end')]))),
  ]),
  takes('5.3.5', 'answers a Ping before the first and behind the last fragment (§5.4)', [
    sends(ping('before')),
    sends(text('frag', more)),
    sends(continuation('ment')),
    sends(ping('behind')),
    gets(pong('before')),
    gets(text('fragment')),
    gets(pong('behind')),
  ]),
  takes('5.3.6', 'does not deliver an unfinished message when a Close frame comes between its fragments (§5.5.1)', [
    sends(text('never finished', more)),
  ]),

  // A continuation of nothing (§5.4)
  fails('5.4.1', 'refuses a continuation with FIN where no message is open (§5.4)', [sends(continuation('bad'))], 1002),
  fails(
    '5.4.2',
    'refuses a continuation without FIN where no message is open (§5.4)',
    [sends(continuation('bad', more))],
    1002,
  ),
  fails('5.4.3', 'refuses an empty continuation where no message is open (§5.4)', [sends(continuation())], 1002),
  fails(
    '5.4.4',
    'refuses a continuation behind a whole message (§5.4)',
    [...echo(text('whole')), sends(continuation('bad'))],
    1002,
  ),
  fails(
    '5.4.5',
    'refuses a continuation behind a fragmented message that has ended (§5.4)',
    [sends(text('frag', more)), sends(continuation('ment')), sends(continuation('bad')), gets(text('fragment'))],
    1002,
  ),
  fails('5.4.6', 'refuses a continuation of nothing at its header (§5.4)', [sends(cutShort(continuation(), 10))], 1002),
  fails(
    '5.4.7',
    'refuses a continuation behind a Ping alone (§5.4)',
    [sends(ping('no message')), gets(pong('no message')), sends(continuation('bad'))],
    1002,
  ),
  fails(
    '5.4.8',
    'takes nothing behind a continuation of nothing (§7.1.7)',
    [sends(continuation('bad', more)), sends(text('whole')), sends(continuation('bad')), sends(ping())],
    1002,
  ),

  // "The fragments of one message MUST NOT be interleaved between the fragments of another message" (§5.4)
  ...(
    [
      ['text', 'text', text('one', more), text('two')],
      ['text', 'binary', text('one', more), binary('two')],
      ['binary', 'text', binary('one', more), text('two')],
      ['binary', 'binary', binary('one', more), binary('two')],
    ] as const
  ).map(([open, other, first, second], i) =>
    fails(
      `5.5.${i + 1}`,
      `refuses whole ${other} inside of fragmented ${open} (§5.4) [5.4-4]`,
      [sends(first), sends(second), sends(continuation('three'))],
      1002,
    ),
  ),
  fails(
    '5.5.5',
    'refuses a fragmented message inside of another (§5.4)',
    [sends(text('one', more)), sends(text('two', more)), sends(continuation('three')), sends(continuation('four'))],
    1002,
  ),
  fails(
    '5.5.6',
    'refuses a new message at its header while another is open (§5.4)',
    [sends(text('one', more)), sends(cutShort(text(), 10))],
    1002,
  ),
  fails(
    '5.5.7',
    'refuses a new message behind continuations and Pings (§5.4)',
    [
      sends(text('one', more)),
      sends(continuation('two', more)),
      sends(ping('between')),
      gets(pong('between')),
      sends(text('bad')),
    ],
    1002,
  ),
];
