import { expect, test } from 'vitest';
import * as framing from '../../src/framing/index.js';

test('ws101/framing exports these names and no others', () => {
  expect(Object.keys(framing).sort()).toEqual([
    'CLOSE_CODE',
    'FrameDecoder',
    'FrameEncoder',
    'MessageAssembler',
    'OPCODE',
    'OutputBuffer',
    'ProtocolError',
    'RSV1',
    'RSV2',
    'RSV3',
    'Utf8Validator',
    'VIOLATION',
    'WebSocketError',
    'closeCodeName',
    'encodeClosePayload',
    'encodeFrame',
    'isCloseCodeOnWire',
    'isControl',
    'isViolation',
    'maskInPlace',
    'maskTo',
    'opcodeName',
    'parseClosePayload',
  ]);
});

test('one end decodes what the other encodes', () => {
  const messages: (string | Uint8Array)[] = [];
  const sink = { message: (data: string | Uint8Array) => void messages.push(data), control: () => undefined };
  const assembler = new framing.MessageAssembler(sink, { maxMessageSize: 1000, maxFragments: 10 });
  const decoder = new framing.FrameDecoder(assembler, { from: 'client' });
  decoder.push(framing.encodeFrame('client', framing.OPCODE.TEXT, 'hello'));
  expect(messages).toEqual(['hello']);
});
