import { acceptOf } from '../../src/handshake/key.js';

export { request, response, SAMPLE_ACCEPT, SAMPLE_KEY } from '../handshake/requests.js';

/** The value of a header in a head, or undefined. */
export function headerOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find(text => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}

/** The 101 that answers the request with this head. `lines` are more header lines. */
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

/** A whole response without Upgrade. */
export function plainResponse(status: string, headers: readonly string[] = [], body = ''): string {
  return [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
