import { describe, expect, test } from 'vitest';
import { readCapture } from '../../../src/wire/capture/index.js';
import { handshake } from '../wire-events.js';
import { text } from './bytes-of.js';

const headers = (event: { bytes?: Uint8Array }) =>
  Buffer.from(event.bytes!)
    .toString()
    .trim()
    .split('\r\n')
    .slice(1)
    .map(line => {
      const [name, value] = line.split(': ');
      return { name, value };
    });
const [request, response] = handshake() as unknown as [{ bytes: Uint8Array }, { bytes: Uint8Array }];

/** An entry as Chrome exports it. */
const ENTRY = {
  _resourceType: 'websocket',
  _webSocketMessages: [
    { type: 'send', time: 1_700_000_000.25, opcode: 1, data: 'grüße' },
    { type: 'receive', time: 1_700_000_000.5, opcode: 2, data: 'AQL/' },
  ],
  serverIPAddress: '127.0.0.1',
  startedDateTime: '2023-11-14T22:13:20.000Z',
  request: { method: 'GET', url: 'ws://example.com/chat', httpVersion: 'HTTP/1.1', headers: headers(request) },
  response: { status: 101, statusText: 'Switching Protocols', httpVersion: 'HTTP/1.1', headers: headers(response) },
};

function har(...entries: readonly object[]) {
  return readCapture(text(JSON.stringify({ log: { version: '1.2', entries } }, undefined, 2)));
}

const REBUILT =
  'a HAR file has lists of headers and whole messages: the bytes of the heads are rebuilt, and there are no frames';

describe('a HAR file is read', () => {
  test('with the heads rebuilt, and the messages', () => {
    expect(har(ENTRY)).toEqual({
      format: 'har',
      notes: [REBUILT],
      conversations: [
        {
          id: 1,
          client: undefined,
          server: '127.0.0.1:80',
          isTls: false,
          notes: [],
          events: [
            { type: 'bytes', from: 'client', time: 1_700_000_000_000, bytes: new Uint8Array(request.bytes) },
            { type: 'bytes', from: 'server', time: 1_700_000_000_000, bytes: new Uint8Array(response.bytes) },
            { type: 'message', from: 'client', time: 1_700_000_000_250, opcode: 1, data: text('grüße') },
            { type: 'message', from: 'server', time: 1_700_000_000_500, opcode: 2, data: Uint8Array.of(1, 2, 255) },
          ],
        },
      ],
    });
  });

  test('of wss: and of an IPv6 address', () => {
    const entry = { ...ENTRY, serverIPAddress: '[::1]', request: { ...ENTRY.request, url: 'wss://example.com/' } };
    expect(har(entry).conversations[0]).toMatchObject({ server: '[::1]:443', isTls: true });
  });

  test('and requests without a WebSocket are counted', () => {
    const page = { request: { method: 'GET', url: 'http://example.com/', headers: [] }, response: { status: 200 } };
    const { conversations, notes } = har(page, ENTRY, page);
    expect(conversations).toHaveLength(1);
    expect(notes).toEqual(['not shown: 2 requests without a WebSocket', REBUILT]);
    expect(har(page)).toMatchObject({ conversations: [], notes: ['not shown: 1 request without a WebSocket'] });
  });

  test('with the body of a refusal', () => {
    const refusal = { status: 403, statusText: 'Forbidden', headers: [], content: { text: 'no entry' } };
    const { conversations, notes } = har({ ...ENTRY, _webSocketMessages: undefined, response: refusal });
    expect(conversations[0]!.events.slice(1)).toMatchObject([
      { from: 'server', bytes: text('HTTP/1.1 403 Forbidden\r\n\r\n') },
      { from: 'server', bytes: text('no entry') },
    ]);
    expect(notes[0]).toBe('entry 0: the file has no messages of this WebSocket, only its handshake');
  });

  test('and what is missing or odd becomes a note', () => {
    const messages = [{ type: 'receive', time: 1, opcode: -1, data: 'net::ERR_FAILED' }, null, { type: 'send' }];
    const { conversations, notes } = har({ _webSocketMessages: messages, request: null, response: 5 });
    expect(conversations[0]!.events).toEqual([]);
    expect(notes).toEqual([
      'entry 0, message 0: not a message, so it is left out: net::ERR_FAILED',
      'entry 0, message 1: not a message, so it is left out: ',
      'entry 0, message 2: not a message, so it is left out: ',
      'entry 0: the file has no headers of the request',
      REBUILT,
    ]);
  });

  test('and a WebSocket of HTTP/2 has messages only', () => {
    const { conversations, notes } = har({ ...ENTRY, request: { ...ENTRY.request, httpVersion: 'h2' } });
    expect(conversations[0]!.events).toHaveLength(2);
    expect(notes[0]).toBe('entry 0: this WebSocket is of h2 (RFC 8441), whose heads are not shown');
  });

  test('unless it is broken', () => {
    expect(() => readCapture(text('{"log":{}}'))).toThrow('expected log.entries in a HAR file, got none');
    expect(() => readCapture(text('{"log":{"entries":['))).toThrow('got broken JSON');
  });
});
