import type { Duplex } from 'node:stream';
import type { HeaderLine } from '../../handshake/header-fields.js';
import { encodeRequestHead, type ResponseHead } from '../../handshake/http1/head.js';
import { HeadFault, responseHeadReader } from '../../handshake/http1/head-reader.js';
import { printable } from '../../handshake/quoted.js';
import { hostAndPort } from '../host-name.js';
import type { Destination } from '../url.js';
import { ExactReader } from './exact-reader.js';
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
 * @param duplex a connection to the proxy. Afterwards it leads to the destination, and is paused
 * @throws {HandshakeError} with the proxy's status if it refuses, or any error of the connection
 */
export async function openHttpTunnel(
  duplex: Duplex,
  proxy: ProxyServer,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const target = hostAndPort(destination.hostname, destination.port);
  const reader = new ExactReader(duplex, signal);
  const heads = responseHeadReader();
  try {
    duplex.write(encodeRequestHead({ method: 'CONNECT', target, version: '1.1', headers: headers(proxy, target) }));
    let head = heads.receive(await reader.next());
    for (;;) {
      if (head instanceof HeadFault) {
        const details = { hint: 'is this an HTTP proxy?' };
        throw proxyRefused(`does not speak HTTP/1.1: ${head.message}`, proxy, destination, details);
      }
      if (head === undefined) {
        head = heads.receive(await reader.next());
      } else if (isInterim(head)) {
        // "A client MUST be able to parse one or more 1xx responses received prior to a final response"
        // (RFC 9110 §15.2). handshakeTimeout bounds them.
        const { rest } = heads;
        heads.next();
        head = heads.receive(rest);
      } else {
        break;
      }
    }
    // "Any 2xx (Successful) response indicates that the sender … will switch to tunnel mode." "A client MUST ignore any
    // Content-Length or Transfer-Encoding header fields received in a successful response to CONNECT" (§9.3.6).
    if (head.status < 200 || head.status > 299) {
      const { status, reason } = head;
      throw proxyRefused(`answered ${status} ${printable(reason)}`.trimEnd(), proxy, destination, {
        status,
        headers: head.headers.lines,
        body: heads.rest,
        hint: HINTS.get(status),
      });
    }
    reader.release(heads.rest);
  } finally {
    reader.release();
  }
}

/** A 101 is final, and refuses: CONNECT does not ask for another protocol. */
function isInterim({ status }: ResponseHead): boolean {
  return status < 200 && status !== 101;
}

/** "A client MUST send the port number … if it is a CONNECT request" (RFC 9110 §9.3.6). */
function headers({ credentials, headers: extra }: ProxyServer, authority: string): HeaderLine[] {
  const lines: HeaderLine[] = [['Host', authority]];
  if (credentials !== undefined) {
    const { user, password } = credentials;
    lines.push(['Proxy-Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]);
  }
  return [...lines, ...extra];
}
