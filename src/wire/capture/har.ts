import type { Conversation, Side, WireEvent } from '../conversation.js';
import { fromBase64, latin1 } from './base64.js';
import { type Capture, CaptureError, counted, Notes } from './capture.js';

type Json = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();

const REBUILT =
  'a HAR file has lists of headers and whole messages: the bytes of the heads are rebuilt, and there are no frames';

/** Reads a HAR file (HTTP Archive 1.2) with the messages of WebSockets, as the developer tools of browsers export it. */
export function readHar(har: Json): Capture {
  const { entries } = object(har.log);
  if (!Array.isArray(entries)) throw new CaptureError('expected log.entries in a HAR file, got none');
  const notes = new Notes();
  const conversations: Conversation[] = [];
  for (const [i, entry] of entries.entries()) {
    if (isWebSocket(object(entry)))
      conversations.push(conversationOf(object(entry), conversations.length + 1, i, notes));
  }
  const others = entries.length - conversations.length;
  if (others > 0) notes.add(`not shown: ${counted(others, 'request')} without a WebSocket`);
  if (conversations.length > 0) notes.add(REBUILT);
  return { format: 'har', conversations, notes: notes.all() };
}

function isWebSocket(entry: Json): boolean {
  const { url } = object(entry.request);
  const upgrade = headersOf(entry.request).find(([name]) => name.toLowerCase() === 'upgrade')?.[1] ?? '';
  const messages = entry._webSocketMessages;
  return (
    entry._resourceType === 'websocket' ||
    Array.isArray(messages) ||
    /^wss?:/i.test(string(url)) ||
    /websocket/i.test(upgrade)
  );
}

function conversationOf(entry: Json, id: number, index: number, notes: Notes): Conversation {
  const url = parsedUrl(string(object(entry.request).url));
  const isTls = url !== undefined && /^(wss|https):$/.test(url.protocol);
  const address = string(entry.serverIPAddress).replace(/^\[(.*)\]$/, '$1') || url?.hostname;
  const host = address?.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  const server = host === undefined ? undefined : `${host}:${url?.port || (isTls ? 443 : 80)}`;
  const messages = messagesOf(entry, index, notes);
  const events = [...headEvents(entry, url, index, notes), ...messages];
  return { id, client: undefined, server, isTls, events, notes: [] };
}

/** Rebuilds the request and the response from their lists of headers. */
function headEvents(entry: Json, url: URL | undefined, index: number, notes: Notes): WireEvent[] {
  const [request, response] = [object(entry.request), object(entry.response)];
  const started = Date.parse(string(entry.startedDateTime));
  const time = Number.isNaN(started) ? undefined : started;
  if (/^(h2|h3|http\/[23])/i.test(string(request.httpVersion))) {
    notes.add(
      `entry ${index}: this WebSocket is of ${string(request.httpVersion)} (RFC 8441), whose heads are not shown`,
    );
    return [];
  }
  const events: WireEvent[] = [];
  const add = (from: Side, first: string, source: Json) => {
    const lines = headersOf(source).map(([name, value]) => `${name}: ${value}`);
    events.push({ type: 'bytes', from, time, bytes: latin1([first, ...lines, '', ''].join('\r\n')) });
  };
  const requestHeaders = headersOf(request).length;
  if (requestHeaders === 0) notes.add(`entry ${index}: the file has no headers of the request`);
  else
    add(
      'client',
      `${string(request.method) || 'GET'} ${url === undefined ? '/' : url.pathname + url.search} HTTP/1.1`,
      request,
    );
  const status = Number(response.status);
  if (!(status >= 100 && status < 1000)) return events;
  // A status line of some tools has no text.
  add(
    'server',
    `HTTP/1.1 ${status} ${string(response.statusText) || (status === 101 ? 'Switching Protocols' : '')}`,
    response,
  );
  const content = object(response.content);
  const body = string(content.text);
  const isWhole = status !== 101 && !headersOf(response).some(([name]) => /^transfer-encoding$/i.test(name));
  if (body !== '' && isWhole) {
    const bytes = content.encoding === 'base64' ? fromBase64(body) : encoder.encode(body);
    if (bytes !== undefined) events.push({ type: 'bytes', from: 'server', time, bytes });
  }
  return events;
}

function messagesOf(entry: Json, index: number, notes: Notes): WireEvent[] {
  const list = entry._webSocketMessages;
  if (!Array.isArray(list)) {
    notes.add(`entry ${index}: the file has no messages of this WebSocket, only its handshake`);
    return [];
  }
  const events = list.flatMap((one: unknown, i): WireEvent[] => {
    const { type, time, opcode, data } = object(one);
    const where = `entry ${index}, message ${i}`;
    const from = type === 'send' ? 'client' : type === 'receive' ? 'server' : undefined;
    if (from === undefined || typeof opcode !== 'number' || !(opcode >= 0 && opcode < 16)) {
      // Chrome reports an error of its own as a message of opcode -1.
      notes.add(`${where}: not a message, so it is left out: ${string(data).slice(0, 100)}`);
      return [];
    }
    // Chrome writes text as it is, and everything else in base64.
    const text = string(data);
    const bytes = opcode === 1 ? encoder.encode(text) : (fromBase64(text) ?? encoder.encode(text));
    return [{ type: 'message', from, time: typeof time === 'number' ? time * 1000 : undefined, opcode, data: bytes }];
  });
  return events.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
}

/** Returns names and values, without the pseudo-headers of HTTP/2. */
function headersOf(message: unknown): Array<readonly [string, string]> {
  const { headers } = object(message);
  if (!Array.isArray(headers)) return [];
  return headers
    .map(one => [string(object(one).name), string(object(one).value)] as const)
    .filter(([name]) => name !== '' && !name.startsWith(':'));
}

function parsedUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
