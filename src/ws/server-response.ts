import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Refuses an opening handshake with a response, and ends the socket. */
export function refuse(
  socket: Duplex,
  status: number,
  message: string = STATUS_CODES[status] ?? '',
  headers: Readonly<Record<string, unknown>> = {},
): void {
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(message),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${message}`);
}

/** The reason to refuse a request for a WebSocket. */
export interface Refused {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** Checks the requirements of every opening handshake (RFC 6455 §4.2.1). */
export function judgeRequest({ method, headers }: IncomingMessage): Refused | undefined {
  if (method !== 'GET') return { status: 405, message: 'Invalid HTTP method' };
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 400, message: 'Invalid Upgrade header' };
  const key = headers['sec-websocket-key'];
  if (key === undefined || !/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Key header' };
  }
  const version = Number(headers['sec-websocket-version']);
  if (version === 8 || version === 13) return undefined;
  // "a |Sec-WebSocket-Version| header field indicating the version(s) the server is capable of understanding"
  // (§4.2.2).
  const message = 'Missing or invalid Sec-WebSocket-Version header';
  return { status: 400, message, headers: { 'Sec-WebSocket-Version': '13, 8' } };
}
