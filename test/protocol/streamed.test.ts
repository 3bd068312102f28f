import { expect, test } from 'vitest';
import { VIOLATION } from '../../src/framing/violations.js';
import { Protocol, type ProtocolHandler } from '../../src/protocol/index.js';
import { rawFrame } from '../helpers/raw-frame.js';

function client(methods: Partial<ProtocolHandler>): Protocol {
  const handler: ProtocolHandler = {
    message() {},
    ping() {},
    pong() {},
    closeReceived() {},
    failed() {},
    ...methods,
  };
  const protocol = new Protocol('client', handler, { assignedRsv: 0x40 });
  protocol.streamMessages(true);
  return protocol;
}

const FIRST = rawFrame({ opcode: 2, fin: false, rsv: 0x40, payload: 'abc' });
const LAST = rawFrame({ opcode: 0, payload: 'de' });

test('a streamed message is passed on in parts, from its start to its end', () => {
  const events: string[] = [];
  const protocol = client({
    messageStart: (isText, isCompressed) => events.push(`start ${isText} ${isCompressed}`),
    messagePart: data => events.push(`part ${data}`),
    messageEnd: () => events.push('end'),
  });
  protocol.receive(Buffer.concat([FIRST, LAST, rawFrame({ opcode: 1, payload: 'x' })]));
  expect(events).toEqual(['start false true', 'part abc', 'part de', 'end', 'start true false', 'part x', 'end']);
});

test('a handler without methods for parts does not get them', () => {
  const protocol = client({});
  protocol.receive(Buffer.concat([FIRST, LAST]));
  expect(protocol.error).toBeUndefined();
});

test('a fault found by inflating a streamed message is placed at its last compressed frame', () => {
  const protocol = client({});
  protocol.receive(Buffer.concat([FIRST, LAST]));
  protocol.receive(rawFrame({ opcode: 1, payload: 'not compressed' }));
  protocol.fail(VIOLATION.INVALID_COMPRESSED_DATA);
  expect(protocol.error).toMatchObject({ violation: VIOLATION.INVALID_COMPRESSED_DATA, offset: FIRST.length });
});
