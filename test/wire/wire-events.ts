import { inflateRawSync, constants as zlib } from 'node:zlib';
import {
  ConversationDecoder,
  type ConversationDecoderOptions,
  type ConversationSummary,
  type Inflate,
  type Side,
  type WireEvent,
  type WireItem,
} from '../../src/wire/index.js';
import { ascii } from '../helpers/bytes.js';

export const inflate: Inflate = (compressed, history, limit) =>
  inflateRawSync(compressed, {
    ...(history.length > 0 ? { dictionary: history } : {}),
    finishFlush: zlib.Z_SYNC_FLUSH,
    maxOutputLength: limit,
  });

export function sent(from: Side, bytes: Uint8Array | string, time?: number): WireEvent {
  return { type: 'bytes', from, time, bytes: typeof bytes === 'string' ? ascii(bytes) : bytes };
}

export function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export const REQUEST = [
  'GET /chat HTTP/1.1',
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==',
  'Sec-WebSocket-Version: 13',
];

export const RESPONSE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=',
];

export function handshake(request: readonly string[] = [], response: readonly string[] = []): WireEvent[] {
  return [sent('client', head(...REQUEST, ...request)), sent('server', head(...RESPONSE, ...response))];
}

/** Decodes events to their end. */
export function decode(
  events: readonly WireEvent[],
  options: ConversationDecoderOptions = { inflate },
): { readonly items: WireItem[]; readonly summary: ConversationSummary } {
  const decoder = new ConversationDecoder(options);
  const items = events.flatMap(event => decoder.push(event));
  items.push(...decoder.end());
  return { items, summary: decoder.summary() };
}

export function only<Type extends WireItem['type']>(items: readonly WireItem[], type: Type) {
  return items.filter((item): item is Extract<WireItem, { type: Type }> => item.type === type);
}
