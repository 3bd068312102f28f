import { toBase64 } from '#platform';
import { OPCODE } from '../../framing/opcode.js';
import type { Conversation } from '../conversation.js';
import { ConversationDecoder, type ConversationDecoderOptions } from '../conversation-decoder.js';
import type { HeadItem, MessageItem } from '../items.js';

const decoder = new TextDecoder();

/**
 * Returns connections as a HAR file, as Chrome saves those with WebSockets. HAR has whole messages, and no control frames:
 * a connection without an opening handshake is left out.
 *
 * @param options of the decoder, such as `inflate`, without which compressed messages stay compressed
 */
export function harOf(conversations: readonly Conversation[], options: ConversationDecoderOptions = {}): string {
  const entries = conversations.flatMap(conversation => entryOf(conversation, options) ?? []);
  const log = { version: '1.2', creator: { name: 'ws101', version: '' }, pages: [], entries };
  return JSON.stringify({ log }, null, 2);
}

function entryOf({ events, isTls }: Conversation, options: ConversationDecoderOptions): object | undefined {
  const items = new ConversationDecoder(options);
  const heads: HeadItem[] = [];
  const messages: MessageItem[] = [];
  for (const event of events) {
    for (const item of items.push(event)) {
      if (item.type === 'head') heads.push(item);
      if (item.type === 'message') messages.push(item);
    }
  }
  const request = heads.find(({ kind }) => kind === 'request');
  const response = heads.findLast(({ kind }) => kind === 'response');
  if (request === undefined) return undefined;
  const start = events[0]?.time ?? 0;
  const time = (events.at(-1)?.time ?? start) - start;
  return {
    startedDateTime: new Date(start).toISOString(),
    time,
    request: requestOf(request, isTls === true),
    response: responseOf(response),
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    _resourceType: 'websocket',
    _webSocketMessages: messages.map(messageOf),
  };
}

function requestOf({ lines }: HeadItem, isTls: boolean): object {
  const [method = '', target = '', httpVersion = ''] = (lines[0]?.text ?? '').split(' ');
  const headers = headersOf(lines);
  const host = headers.find(({ name }) => name.toLowerCase() === 'host')?.value ?? '';
  const url = `${isTls ? 'wss' : 'ws'}://${host}${target}`;
  return { method, url, httpVersion, headers, queryString: [], cookies: [], headersSize: -1, bodySize: 0 };
}

function responseOf(head: HeadItem | undefined): object {
  const lines = head?.lines ?? [];
  const [httpVersion = '', , ...words] = (lines[0]?.text ?? '').split(' ');
  return {
    ...{ status: head?.status ?? 0, statusText: words.join(' '), httpVersion, headers: headersOf(lines), cookies: [] },
    ...{ content: { size: 0, mimeType: 'x-unknown' }, redirectURL: '', headersSize: -1, bodySize: -1 },
  };
}

function headersOf(lines: HeadItem['lines']): { name: string; value: string }[] {
  return lines.slice(1).map(({ text }) => {
    const colon = text.indexOf(':');
    return { name: text.slice(0, colon), value: text.slice(colon + 1).trim() };
  });
}

/** Text is text, and everything else is base64. Times are in seconds. */
function messageOf({ from, time, opcode, data, compressedLength, note }: MessageItem): object {
  const isText = opcode === OPCODE.TEXT && (compressedLength === undefined || note === undefined);
  return {
    type: from === 'client' ? 'send' : 'receive',
    time: (time ?? 0) / 1000,
    opcode,
    data: isText ? decoder.decode(data) : toBase64(data),
  };
}
