import { describe, expect, test } from 'vitest';
import { encodeClosePayload, encodeFrame, OPCODE } from '../../src/framing/index.js';
import { diagnose, factsOf, type WireEvent } from '../../src/wire/index.js';
import { hex } from '../helpers/bytes.js';
import { decode, handshake, head, REQUEST, RESPONSE, sent } from './wire-events.js';

function causes(...events: WireEvent[]): string[] {
  return diagnose(factsOf(decode(events).summary)).map(({ id }) => id);
}

const [request, response] = handshake();
const timed: WireEvent[] = [
  { ...request!, time: 0 },
  { ...response!, time: 5 },
];

describe('the facts of a capture', () => {
  test.each<[string, WireEvent[], RegExp]>([
    [
      'a close by the server at once',
      [...timed, sent('server', encodeFrame('server', OPCODE.CLOSE, encodeClosePayload(1008)), 10)],
      /^closed-1008$/,
    ],
    [
      'TCP ended by the server at once',
      [...timed, { type: 'end', from: 'server', time: 9, how: 'reset' }],
      /^cut-off$/,
    ],
    [
      'TCP ended after a minute of silence',
      [...timed, { type: 'end', from: 'server', time: 60_005, how: 'fin' }],
      /^idle-timeout$/,
    ],
    [
      'masked frames of the server',
      [...timed, sent('server', hex('818100000000 61'), 10)],
      /^violation-masked-server-frame$/,
    ],
    ['two responses', [...timed, sent('server', head(...RESPONSE), 10)], /^two-101s$/],
    [
      'a request without Upgrade',
      [
        sent('client', head(...REQUEST.filter(line => !/^(Upgrade|Connection)/.test(line)))),
        sent('server', head('HTTP/1.1 426 Upgrade Required', 'Content-Length: 0')),
      ],
      /./,
    ],
    [
      'a login page',
      [
        sent('client', head(...REQUEST)),
        sent('server', head('HTTP/1.1 302 Found', 'Location: /login', 'Content-Length: 0')),
      ],
      /./,
    ],
    [
      'a wrong Accept',
      [sent('client', head(...REQUEST)), sent('server', head(...RESPONSE.slice(0, 3), 'Sec-WebSocket-Accept: x'))],
      /accept/,
    ],
    [
      'a server that speaks another protocol',
      [sent('client', head(...REQUEST)), sent('server', 'SSH-2.0-OpenSSH_9.2\r\n')],
      /./,
    ],
  ])('lead to the cause of %s', (_, events, expected) => {
    expect(causes(...events)[0]).toMatch(expected);
    expect(causes(...events)).not.toContain('unknown');
  });

  test('lead to nothing if nothing is wrong', () => {
    const close = encodeClosePayload(1000);
    expect(
      causes(
        ...timed,
        sent('client', encodeFrame('client', OPCODE.CLOSE, close), 10),
        sent('server', encodeFrame('server', OPCODE.CLOSE, close), 12),
        { type: 'end', from: 'server', time: 13, how: 'fin' },
      ),
    ).toEqual([]);
    expect(causes(sent('client', head('GET / HTTP/1.1', 'Host: a')), sent('server', head('HTTP/1.1 200 OK')))).toEqual(
      [],
    );
    expect(causes()).toEqual([]);
  });
});
