import { constants, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { OPCODE } from '../../../src/framing/index.js';
import { inflate } from '../../../src/inspector/inflate.js';
import { harOf } from '../../../src/wire/capture/har-writer.js';
import { readCapture } from '../../../src/wire/capture/index.js';
import { Sample } from '../../inspector/sample.js';

test('a HAR file has the handshake and the messages of each connection, as Chrome writes it', () => {
  const deflated = deflateRawSync('hello hello', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const { conversation } = new Sample()
    .handshake('permessage-deflate')
    .frame('client', OPCODE.TEXT, 'hi', false)
    .frame('client', OPCODE.CONTINUATION, ' there')
    .frame('server', OPCODE.BINARY, Uint8Array.of(1, 2, 255))
    .frame('server', OPCODE.PING, 'p')
    .frame('server', OPCODE.TEXT, deflated, true, 0x40).model;
  const { log } = JSON.parse(harOf([conversation], { inflate }));
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'ws101' } });
  expect(log.entries).toHaveLength(1);
  const [entry] = log.entries;
  expect(entry).toMatchObject({
    startedDateTime: '1970-01-01T00:00:01.000Z',
    _resourceType: 'websocket',
    request: { method: 'GET', url: 'ws://example.com/chat', httpVersion: 'HTTP/1.1' },
    response: { status: 101, statusText: 'Switching Protocols' },
  });
  expect(entry.request.headers).toContainEqual({ name: 'Sec-WebSocket-Version', value: '13' });
  expect(entry._webSocketMessages).toEqual([
    { type: 'send', time: 1.003, opcode: 1, data: 'hi there' },
    { type: 'receive', time: 1.004, opcode: 2, data: 'AQL/' },
    { type: 'receive', time: 1.006, opcode: 1, data: 'hello hello' },
  ]);
});

test('a HAR file has a refused handshake, and no connection without one', () => {
  const refused = new Sample()
    .head('client', 'GET / HTTP/1.1', 'Host: a')
    .head('server', 'HTTP/1.1 404 Not Found', 'Content-Length: 0').model.conversation;
  const midway = new Sample().frame('client', OPCODE.TEXT, 'x').model.conversation;
  const { entries } = JSON.parse(harOf([{ ...refused, isTls: true }, midway])).log;
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    request: { url: 'wss://a/' },
    response: { status: 404, statusText: 'Not Found' },
  });
});

test('a HAR file is read again with the same messages', () => {
  const { conversation } = new Sample()
    .handshake()
    .frame('client', OPCODE.TEXT, 'grüße')
    .frame('server', OPCODE.BINARY, Uint8Array.of(0, 255)).model;
  const read = readCapture(Buffer.from(harOf([conversation])));
  const messages = read.conversations[0]!.events.filter(event => event.type === 'message');
  expect(messages).toMatchObject([
    { from: 'client', opcode: OPCODE.TEXT, data: new Uint8Array(Buffer.from('grüße')) },
    { from: 'server', opcode: OPCODE.BINARY, data: Uint8Array.of(0, 255) },
  ]);
});

test('a HAR file has a request without an answer, and times of 0 if they are unknown', () => {
  const bytes = Buffer.from('GET /x HTTP/1.1\r\n\r\n');
  const event = { type: 'bytes', from: 'client', time: undefined, bytes } as const;
  const conversation = { id: 1, client: undefined, server: undefined, events: [event], notes: [] };
  const { entries } = JSON.parse(harOf([conversation])).log;
  expect(entries).toMatchObject([
    { startedDateTime: '1970-01-01T00:00:00.000Z', time: 0, request: { url: 'ws:///x' }, response: { status: 0 } },
  ]);
});
