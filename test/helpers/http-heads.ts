import type { IncomingMessage } from 'node:http';
import { acceptOf } from '../../src/handshake/http1/key.js';
import { type HeadChanges, request } from './sample-heads.js';

export { request, response, SAMPLE_ACCEPT, SAMPLE_KEY } from './sample-heads.js';

/** Returns the parts of an IncomingMessage that handleUpgrade() reads. The request is valid except for `changes`. */
export function incomingRequest(changes: HeadChanges = {}): IncomingMessage {
  const [line = '', ...lines] = request(changes).trimEnd().split('\r\n');
  const [method, url, version = ''] = line.split(' ');
  const rawHeaders = lines.flatMap(text => text.split(/: (.*)/s).slice(0, 2));
  return { method, url, httpVersion: version.slice(5), rawHeaders } as Partial<IncomingMessage> as IncomingMessage;
}

/** Returns the value of a header, or undefined if the head does not have it. */
export function headerOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find(text => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}

/** Returns the 101 response for a request. `lines` are extra header lines. */
export function switchingProtocols(requestHead: string, ...lines: string[]): string {
  const key = headerOf(requestHead, 'Sec-WebSocket-Key') ?? '';
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ...lines,
    '',
    '',
  ].join('\r\n');
}

/** Returns a complete response other than 101. */
export function plainResponse(status: string, headers: readonly string[] = [], body = ''): string {
  return [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
