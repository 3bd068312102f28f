import {
  accepts,
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
  text,
} from '../conformance-case.js';

export const fragmentation: readonly ConformanceCase[] = [
  // "Control frames themselves MUST NOT be fragmented." (§5.4)
  fails(
    '5.1.1',
    'rejects a fragmented Ping (§5.5) [5.4-2] [5.4-12] [5.5-2]',
    [sends(ping('one', more)), sends(continuation('two'))],
    1002,
  ),
  fails('5.1.2', 'rejects a fragmented Pong (§5.5)', [sends(pong('one', more)), sends(continuation('two'))], 1002),
  fails(
    '5.1.3',
    'rejects a fragmented Close frame (§5.5)',
    [sends(close(1000, '', more)), sends(continuation())],
    1002,
  ),
  fails('5.1.4', 'rejects a fragmented Ping at its header (§5.5)', [sends(cutShort(ping('', more), 10))], 1002),

  accepts('5.2.1', 'assembles text from two fragments (§5.4) [5.4-7]', [
    sends(text('frag', more)),
    sends(continuation('ment')),
    gets(text('fragment')),
  ]),
  accepts('5.2.2', 'assembles binary from two fragments (§5.4)', [
    sends(binary(someBytes(300).subarray(0, 200), more)),
    sends(continuation(someBytes(300).subarray(200))),
    gets(binary(someBytes(300))),
  ]),
  accepts('5.2.3', 'assembles text from five empty fragments (§5.4)', [
    sends(text('', more)),
    sends(continuation('', more)),
    sends(continuation('', more)),
    sends(continuation('', more)),
    sends(continuation()),
    gets(text()),
  ]),
  accepts('5.2.4', 'assembles a message whose first and last fragments are empty (§5.4)', [
    sends(text('', more)),
    sends(continuation('middle', more)),
    sends(continuation()),
    gets(text('middle')),
  ]),
  accepts('5.2.5', 'assembles a message from one-byte fragments (§5.4) [5.4-3]', [
    ...fragments(text('one by one'), 1).map(each => sends(each)),
    gets(text('one by one')),
  ]),
  accepts('5.2.6', 'assembles a message from 1,000 fragments (§5.4)', [
    ...fragments(binary(someBytes(3_000)), 3).map(each => sends(each)),
    gets(binary(someBytes(3_000))),
  ]),
  accepts('5.2.7', 'assembles fragments of every length encoding (§5.2)', [
    sends(binary(someBytes(100), more)),
    sends(continuation(someBytes(1_000), more)),
    sends(continuation(someBytes(70_000))),
    gets(binary(Buffer.concat([someBytes(100), someBytes(1_000), someBytes(70_000)]))),
  ]),
  accepts('5.2.8', 'assembles one message after another (§5.4) [6.2-4]', [
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
  accepts('5.2.9', 'assembles fragments that arrive one byte at a time (§5.4)', [
    sends(text('frag', more), 1),
    sends(continuation('men', more), 1),
    sends(continuation('ted'), 1),
    gets(text('fragmented')),
  ]),

  // "Control frames MAY be injected in the middle of a fragmented message." (§5.4)
  accepts('5.3.1', 'answers a Ping between two fragments (§5.4) [5.4-1] [5.4-5]', [
    sends(text('frag', more)),
    sends(ping('between')),
    sends(continuation('ment')),
    gets(pong('between')),
    gets(text('fragment')),
  ]),
  accepts('5.3.2', 'answers a Ping between every two of five fragments (§5.4)', [
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
  accepts('5.3.3', 'ignores Pongs between fragments (§5.4)', [
    sends(binary('frag', more)),
    sends(pong('between')),
    sends(continuation('ment')),
    gets(binary('fragment')),
  ]),
  accepts('5.3.4', 'keeps the bytes of a Ping out of the message around it (§5.4)', [
    sends(text(someText(200), more)),
    sends(ping(someBytes(125))),
    gets(pong(someBytes(125))),
    sends(continuation('the end')),
    gets(text(Buffer.concat([someText(200), Buffer.from('the end')]))),
  ]),
  accepts('5.3.5', 'answers a Ping before the first and after the last fragment (§5.4)', [
    sends(ping('before')),
    sends(text('frag', more)),
    sends(continuation('ment')),
    sends(ping('after')),
    gets(pong('before')),
    gets(text('fragment')),
    gets(pong('after')),
  ]),
  accepts('5.3.6', 'does not deliver an unfinished message when a Close frame comes between its fragments (§5.5.1)', [
    sends(text('never finished', more)),
  ]),

  // Continuations without a message (§5.4)
  fails(
    '5.4.1',
    'rejects a continuation with FIN when no message is open (§5.4)',
    [sends(continuation('invalid'))],
    1002,
  ),
  fails(
    '5.4.2',
    'rejects a continuation without FIN when no message is open (§5.4)',
    [sends(continuation('invalid', more))],
    1002,
  ),
  fails('5.4.3', 'rejects an empty continuation when no message is open (§5.4)', [sends(continuation())], 1002),
  fails(
    '5.4.4',
    'rejects a continuation after a complete message (§5.4)',
    [...echo(text('whole')), sends(continuation('invalid'))],
    1002,
  ),
  fails(
    '5.4.5',
    'rejects a continuation after the last fragment of a message (§5.4)',
    [sends(text('frag', more)), sends(continuation('ment')), sends(continuation('invalid')), gets(text('fragment'))],
    1002,
  ),
  fails(
    '5.4.6',
    'rejects a continuation without a message at the header (§5.4)',
    [sends(cutShort(continuation(), 10))],
    1002,
  ),
  fails(
    '5.4.7',
    'rejects a continuation after only a Ping (§5.4)',
    [sends(ping('no message')), gets(pong('no message')), sends(continuation('invalid'))],
    1002,
  ),
  fails(
    '5.4.8',
    'ignores everything after a continuation without a message (§7.1.7)',
    [sends(continuation('invalid', more)), sends(text('whole')), sends(continuation('invalid')), sends(ping())],
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
      `rejects a ${other} message between fragments of a ${open} message (§5.4) [5.4-4]`,
      [sends(first), sends(second), sends(continuation('three'))],
      1002,
    ),
  ),
  fails(
    '5.5.5',
    'rejects a fragmented message between fragments of another (§5.4)',
    [sends(text('one', more)), sends(text('two', more)), sends(continuation('three')), sends(continuation('four'))],
    1002,
  ),
  fails(
    '5.5.6',
    'rejects a new message at the header while another is open (§5.4)',
    [sends(text('one', more)), sends(cutShort(text(), 10))],
    1002,
  ),
  fails(
    '5.5.7',
    'rejects a new message after continuations and Pings (§5.4)',
    [
      sends(text('one', more)),
      sends(continuation('two', more)),
      sends(ping('between')),
      gets(pong('between')),
      sends(text('invalid')),
    ],
    1002,
  ),
];
