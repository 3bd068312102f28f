import http, { type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { onAbort } from '../../abort-signal.js';
import { HeaderFields, type HeaderLine } from '../../handshake/header-fields.js';
import { printable } from '../../handshake/quoted.js';
import { hostAndPort } from '../host-name.js';
import type { Destination } from '../url.js';
import type { ProxyServer } from './proxy.js';
import { proxyRefused } from './proxy-error.js';

/** Hints for the statuses of a proxy. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [400, 'is this an HTTP proxy, and does it accept CONNECT?'],
  [403, 'the proxy does not allow this host or this port. Many allow port 443 only'],
  [404, 'is this an HTTP proxy? A web server often answers CONNECT with 404'],
  [405, 'is this an HTTP proxy, and does it accept CONNECT?'],
  [407, 'the proxy requires a user and a password: write them in its URL, as http://user:password@host:port'],
  [502, 'the proxy cannot reach the server'],
  [503, 'the proxy cannot reach the server'],
  [504, 'the server does not answer the proxy'],
]);

/**
 * Asks an HTTP proxy for a tunnel to the destination: CONNECT (RFC 9110 §9.3.6).
 *
 * @param duplex a connection to the proxy
 * @returns `duplex`, which now leads to the destination
 * @throws {HandshakeError} with the proxy's status if it refuses, or any error of the connection
 */
export function openHttpTunnel(
  duplex: Duplex,
  proxy: ProxyServer,
  destination: Destination,
  signal: AbortSignal,
): Promise<Duplex> {
  const { hostname, port } = destination;
  const authority = hostAndPort(hostname, port);
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: 'CONNECT',
      path: authority,
      headers: requestHeaders(proxy, authority),
      createConnection: () => duplex,
    });
    const stopListening = onAbort(signal, () => request.destroy(signal.reason));
    const settle = (): void => {
      stopListening();
      // A later error of the socket belongs to its next owner.
      request.on('error', ignore);
    };
    request.on('error', error => {
      settle();
      reject(error);
    });
    request.on('connect', (response, _, head) => {
      settle();
      duplex.pause();
      // "Any 2xx (Successful) response indicates that the sender … will switch to tunnel mode" (RFC 9110 §9.3.6).
      if (response.statusCode! < 200 || response.statusCode! > 299) return reject(refusal(response, head));
      if (head.length > 0) duplex.unshift(head);
      resolve(duplex);
    });
    if (signal.aborted) request.destroy(signal.reason);
    else request.end();

    function refusal({ statusCode: status = 0, statusMessage = '', rawHeaders }: IncomingMessage, body: Buffer) {
      return proxyRefused(`answered ${status} ${printable(statusMessage)}`.trimEnd(), proxy, destination, {
        status,
        headers: new HeaderFields(pairs(rawHeaders)).lines,
        body,
        hint: HINTS.get(status),
      });
    }
  });
}

/** "A client MUST send the port number … if it is a CONNECT request" (RFC 9110 §9.3.6). */
function requestHeaders({ credentials, headers }: ProxyServer, authority: string): string[] {
  const lines: HeaderLine[] = [['Host', authority]];
  if (credentials !== undefined) {
    const { user, password } = credentials;
    lines.push(['Proxy-Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]);
  }
  return [...lines, ...headers].flat();
}

function pairs(raw: readonly string[]): HeaderLine[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!]);
}

function ignore(): void {}
