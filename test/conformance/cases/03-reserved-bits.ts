import {
  binary,
  type ConformanceCase,
  close,
  continuation,
  cutShort,
  echo,
  fails,
  gets,
  more,
  ping,
  pong,
  sends,
  text,
} from '../conformance-case.js';
import { RSV1, RSV2, RSV3 } from '../wire.js';

/**
 * "RSV1, RSV2, RSV3: MUST be 0 unless an extension is negotiated that defines meanings for non-zero values. If a
 * nonzero value is received and none of the negotiated extensions defines the meaning of such a nonzero value, the
 * receiving endpoint MUST _Fail the WebSocket Connection_." (§5.2)
 */
export const reservedBits: readonly ConformanceCase[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv, i) =>
    fails(
      `3.1.${i + 1}`,
      `rejects text with RSV ${bits(rsv)} (§5.2) [5.2-2] [5.2-3] [5.2-9] [5.2-10] [5.2-11]`,
      [sends(text('hello', { rsv }))],
      1002,
    ),
  ),
  ...[RSV1, RSV2, RSV3].map((rsv, i) =>
    fails(
      `3.2.${i + 1}`,
      `rejects an empty binary frame with RSV ${bits(rsv)} (§5.2)`,
      [sends(binary('', { rsv }))],
      1002,
    ),
  ),
  ...[RSV1, RSV2, RSV3].map((rsv, i) =>
    fails(
      `3.3.${i + 1}`,
      `rejects a Ping with RSV ${bits(rsv)}, and does not answer it (§5.2)`,
      [sends(ping('hello', { rsv }))],
      1002,
    ),
  ),
  fails('3.4.1', 'rejects a Pong with a reserved bit (§5.2)', [sends(pong('', { rsv: RSV3 }))], 1002),
  fails('3.4.2', 'rejects a Close frame with a reserved bit (§5.2)', [sends(close(1000, '', { rsv: RSV2 }))], 1002),
  fails(
    '3.4.3',
    'rejects a continuation with a reserved bit (§5.2)',
    [sends(text('one ', more)), sends(continuation('two', { rsv: RSV1 }))],
    1002,
  ),
  fails(
    '3.5.1',
    'rejects a reserved bit at the header, before the payload has arrived (§5.2)',
    [sends(cutShort(text('', { rsv: RSV1 }), 1_000))],
    1002,
  ),
  fails(
    '3.5.2',
    'answers the frames before the invalid one in the same segment, and nothing after it (§7.1.7) [7.1.7-1] [7.1.7-3] [7.1.7-7]',
    [
      sends(text('good')),
      sends(ping('good')),
      sends(text('invalid', { rsv: RSV2 })),
      sends(text('after')),
      sends(ping('after')),
      gets(text('good')),
      gets(pong('good')),
    ],
    1002,
  ),
  fails(
    '3.5.3',
    'rejects a reserved bit after a valid message (§5.2)',
    [...echo(text('good')), sends(binary('invalid', { rsv: RSV1 }))],
    1002,
  ),
];

function bits(rsv: number): string {
  return rsv.toString(2).padStart(3, '0');
}
