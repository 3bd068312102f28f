import { describe, expect, test } from 'vitest';
import { readCapture } from '../../../src/wire/capture/index.js';
import { ConversationDecoder } from '../../../src/wire/index.js';

const LOG = `app: started
WS101 4711: client 1: opened "ws://127.0.0.1:8080/" after 6.3 ms
WS101 4711: client 1: sent frame text, FIN 1, RSV 000, MASK 1, 5 bytes, at byte 0: 68656c6c6f
WS101 4711: client 1: sent text message, 5 bytes in 1 frame(s)
WS101 4711: server 2: received frame text, FIN 1, RSV 000, MASK 1, 5 bytes, at byte 0: 68656c6c6f
WS101 4711: client 1: received frame binary, FIN 1, RSV 000, MASK 0, 300 bytes, at byte 0: ${'ab'.repeat(125)}…
WS101 4711: client 1: received frame ping, FIN 1, RSV 000, MASK 0, 0 bytes, at byte 304
WS101 4711: client 1: received frame close, FIN 1, RSV 000, MASK 0, 5 bytes, at byte 306: 03e8627965
`;

function framesOf(text: string) {
  const { format, conversations } = readCapture(Buffer.from(text));
  expect(format).toBe('log');
  return conversations.map(({ events }) => {
    const decoder = new ConversationDecoder();
    const items = [...events.flatMap(event => [...decoder.push(event)]), ...decoder.end()];
    return items.filter(item => item.type === 'frame');
  });
}

describe('what NODE_DEBUG=ws101 prints', () => {
  test('is read as one conversation for each connection', () => {
    const [client, server] = framesOf(LOG);
    expect(client).toMatchObject([
      { from: 'client', opcode: 1, masked: true, payload: new TextEncoder().encode('hello') },
      { from: 'server', opcode: 2, payloadLength: 300 },
      { from: 'server', opcode: 9, payloadLength: 0 },
      { from: 'server', opcode: 8, close: { code: 1000, reason: 'bye' } },
    ]);
    expect(server).toMatchObject([{ from: 'client', opcode: 1, payload: new TextEncoder().encode('hello') }]);
  });

  test('keeps the bits that break a rule', () => {
    const [frames] = framesOf('client 1: received frame reserved 0xb, FIN 0, RSV 010, MASK 1, 0 bytes, at byte 0\n');
    expect(frames).toMatchObject([{ opcode: 0xb, fin: false, rsv: 0x20, masked: true }]);
  });
});
