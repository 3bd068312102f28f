import {
  type Application,
  binary,
  type ConformanceCase,
  close,
  continuation,
  conversation,
  cutShort,
  echo,
  fails,
  frame,
  gets,
  getsClose,
  more,
  ping,
  pong,
  sends,
  someBytes,
  someText,
  text,
} from '../conformance-case.js';
import { CLOSE } from '../wire.js';
import { INVALID, VALID } from './utf8-texts.js';

const VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];

/** §7.4: unused, reserved, never sent, unassigned, or above the last range. */
const INVALID_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 32_768, 65_535];

const CLOSES = { does: 'close', code: 3001, reason: 'enough' } as const satisfies Application;

/** What the endpoint sends when its application closes the connection. */
const ITS_CLOSE = close(3001, 'enough');

export const closeHandling: readonly ConformanceCase[] = [
  conversation(
    '7.1.1',
    'answers a Close frame that is the first frame (§5.5.1) [5.5.1-6] [5.5.1-7] [5.5.1-10] [5.5.1-11] [7.1.2-2]',
    closing(1000),
    'clean',
  ),
  conversation(
    '7.1.2',
    'answers a Close frame after a message (§5.5.1)',
    [...echo(text('hello')), ...closing(1000)],
    'clean',
  ),
  conversation(
    '7.1.3',
    'answers a Close frame in the same segment as a message, after the echo (§5.5.1)',
    [sends(text('hello')), sends(close(1000)), gets(text('hello')), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.4',
    'answers only the first of two Close frames (§5.5.1)',
    [sends(close(1000)), sends(close(1001)), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.5',
    'does not answer a Ping after a Close frame (§5.5.2)',
    [sends(close(1000)), sends(ping('too late')), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.6',
    'discards text after a Close frame (§5.5.1)',
    [sends(close(1000)), sends(text('too late')), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.7',
    'discards a large message after a Close frame (§5.5.1)',
    [sends(close(1000)), sends(binary(someBytes(262_144))), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.8',
    'echoes a large message, then answers the Close frame after it (§5.5.1)',
    [
      sends(binary(someBytes(262_144))),
      sends(close(1000)),
      sends(ping('too late')),
      gets(binary(someBytes(262_144))),
      getsClose(1000),
    ],
    'clean',
  ),
  conversation(
    '7.1.9',
    'does not deliver a message whose last fragment arrives after the Close frame (§5.5.1)',
    [sends(text('frag', more)), sends(close(1000)), sends(continuation('ment')), getsClose(1000)],
    'clean',
  ),
  conversation(
    '7.1.10',
    'ignores invalid bytes after a Close frame (§5.5.1)',
    [
      sends(close(1000)),
      sends(frame(0xf, 'invalid', { rsv: 7 })),
      sends(Buffer.from('no frame at all')),
      getsClose(1000),
    ],
    'clean',
  ),
  conversation(
    '7.1.11',
    'answers a Close frame that arrives byte by byte (§5.5.1)',
    [sends(close(1001, 'going away'), 1), getsClose(1001)],
    'clean',
  ),

  conversation(
    '7.2.1',
    'answers a Close frame without a body with one without a body (§5.5.1)',
    [sends(close()), getsClose()],
    'clean',
  ),
  fails('7.2.2', 'rejects a Close frame with a body of 1 byte (§5.5.1)', [sends(frame(CLOSE, Buffer.of(3)))], 1002),
  conversation('7.2.3', 'accepts a Close frame with only a code (§5.5.1)', closing(1000), 'clean'),
  conversation('7.2.4', 'accepts a reason (§5.5.1)', closing(1000, 'bye'), 'clean'),
  conversation(
    '7.2.5',
    'accepts a reason of 123 bytes, the longest possible (§5.5)',
    closing(1000, someText(123)),
    'clean',
  ),
  fails('7.2.6', 'rejects a Close frame of 126 bytes (§5.5)', [sends(close(1000, someText(124)))], 1002),
  fails('7.2.7', 'rejects a Close frame of 126 bytes at its header (§5.5)', [sends(cutShort(close(), 126))], 1002),
  fails(
    '7.2.8',
    'rejects a Close frame with a body of 1 byte after a message (§5.5.1)',
    [...echo(text('hello')), sends(frame(CLOSE, Buffer.of(0)))],
    1002,
  ),

  ...VALID.map(({ name, bytes }, i) =>
    conversation(`7.3.${i + 1}`, `accepts ${name} in a reason (§5.5.1)`, closing(1000, bytes), 'clean'),
  ),
  ...INVALID.map(({ name, bytes, number }) =>
    fails(`7.4.${number}`, `rejects ${name} in a reason (§5.5.1, §8.1) [8.1-1]`, [sends(close(1000, bytes))], 1007),
  ),

  ...VALID_CODES.map((code, i) =>
    conversation(
      `7.5.${i + 1}`,
      `answers the code ${code} with the same code (§7.4) [5.5.1-2] [7.4.1-1] [7.4.1-2]`,
      closing(code),
      'clean',
    ),
  ),
  ...VALID_CODES.map((code, i) =>
    conversation(
      `7.6.${i + 1}`,
      `answers the code ${code} and a reason with the same code (§7.4)`,
      closing(code, 'why'),
      'clean',
    ),
  ),
  ...INVALID_CODES.map((code, i) =>
    fails(`7.7.${i + 1}`, `rejects the code ${code} (§7.4) [7.4.1-3] [7.4.1-4] [7.4.1-6]`, [sends(close(code))], 1002),
  ),
  ...INVALID_CODES.map((code, i) =>
    fails(`7.8.${i + 1}`, `rejects the code ${code} with a reason (§7.4)`, [sends(close(code, 'why'))], 1002),
  ),

  // The application closes the connection first, when it receives a message.
  ...applicationCloses(),

  // No Close frame at all (§7.1.5)
  conversation('7.10.1', 'ends TCP after the tester did, without a Close frame (§7.1.5)', [], 'dropped'),
  conversation('7.10.2', 'ends TCP after the tester did, after a message (§7.1.5)', echo(text('hello')), 'dropped'),
  conversation(
    '7.10.3',
    'does not deliver an incomplete frame when TCP ends (§7.1.5)',
    [sends(cutShort(text('half'), 4))],
    'dropped',
  ),
  conversation(
    '7.10.4',
    'does not deliver an incomplete message when TCP ends (§7.1.5)',
    [sends(text('half', more))],
    'dropped',
  ),
  conversation(
    '7.10.5',
    'treats an incomplete Close frame as none (§7.1.5)',
    [sends(cutShort(close(1000), 5))],
    'dropped',
  ),
  conversation(
    '7.10.6',
    'delivers a complete message when TCP ends right after it (§7.1.5)',
    [sends(text('last words')), gets(text('last words'))],
    'dropped',
  ),

  // After a failure (§7.1.7)
  fails(
    '7.11.1',
    'delivers its Close frame to a tester that continues to send (§7.1.7)',
    [sends(frame(3)), sends(binary(someBytes(262_144)))],
    1002,
  ),
  fails(
    '7.11.2',
    'ignores a Close frame after a failure (§7.1.7) [7.1.7-1] [7.1.7-3] [7.1.7-7]',
    [sends(frame(3)), sends(close(1000))],
    1002,
  ),
  fails(
    '7.11.3',
    'completes its last echo before it fails the connection (§7.1.7)',
    [sends(binary(someBytes(262_144))), sends(frame(0xb)), gets(binary(someBytes(262_144)))],
    1002,
  ),
  conversation(
    '7.11.4',
    'reads what arrives after its FIN, instead of resetting TCP (§7.1.1)',
    [sends(frame(3)), getsClose(1002), sends(binary(someBytes(100_000))), sends(ping('too late'))],
    'failed',
  ),
];

function applicationCloses(): ConformanceCase[] {
  const application = { application: CLOSES };
  return [
    conversation(
      '7.9.1',
      'ends cleanly when the tester answers its Close frame (§7.1.2)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(close(3001))],
      'clean',
      application,
    ),
    conversation(
      '7.9.2',
      'ends cleanly when the tester answers with another code (§7.1.5)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(close(1000, 'fine'))],
      'clean',
      application,
    ),
    conversation(
      '7.9.3',
      'ends cleanly when the tester answers without a body (§7.1.5)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(close())],
      'clean',
      application,
    ),
    conversation(
      '7.9.4',
      'sends no second Close frame when both close at the same time (§5.5.1)',
      [sends(text('close, please')), sends(close(1001, 'me too')), gets(ITS_CLOSE)],
      'clean',
      application,
    ),
    conversation(
      '7.9.5',
      'sends a Close frame without a body when it has no code (§5.5.1)',
      [sends(text('close, please')), gets(close()), sends(close())],
      'clean',
      { application: { does: 'close' } },
    ),
    conversation(
      '7.9.6',
      'answers a Ping after its own Close frame (§5.5.2)',
      [
        sends(text('close, please')),
        gets(ITS_CLOSE),
        sends(ping('still there?')),
        gets(pong('still there?')),
        sends(close(3001)),
      ],
      'clean',
      application,
    ),
    conversation(
      '7.9.7',
      'sends no data after its own Close frame, even if its application tries to (§5.5.1) [5.5.1-5]',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(text('not answered')), sends(close(3001))],
      'clean',
      { application: { ...CLOSES, sendsAfterClose: true } },
    ),
    conversation(
      '7.9.8',
      'continues to read after its own Close frame (§7.1.2)',
      [
        sends(text('close, please')),
        gets(ITS_CLOSE),
        sends(text('on ', more)),
        sends(ping('and')),
        sends(continuation('on')),
        sends(close(3001)),
        gets(pong('and')),
      ],
      'clean',
      application,
    ),
    conversation(
      '7.9.9',
      'fails without a second Close frame when an invalid frame follows its Close frame (§5.5.1)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(frame(3, 'invalid'))],
      'failed',
      application,
    ),
    conversation(
      '7.9.10',
      'fails without a second Close frame when a Close frame with an invalid code answers its own (§7.4)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(close(1005))],
      'failed',
      application,
    ),
    conversation(
      '7.9.11',
      'fails without a second Close frame when invalid text follows its Close frame (§8.1)',
      [sends(text('close, please')), gets(ITS_CLOSE), sends(text(Buffer.of(0xff)))],
      'failed',
      application,
    ),
    conversation(
      '7.9.12',
      'ends TCP after the tester did, if its Close frame was not answered (§7.1.5)',
      [sends(text('close, please')), gets(ITS_CLOSE)],
      'dropped',
      application,
    ),
  ];
}

/** The tester closes, and expects the same code back. */
function closing(code: number, reason: string | Uint8Array = '') {
  return [sends(close(code, reason)), getsClose(code)];
}
