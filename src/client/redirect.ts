import type { ConnectionOptions } from 'node:tls';
import { URL } from 'node:url';
import { HandshakeError } from '../errors.js';
import type { HeaderLine } from '../handshake/header-fields.js';
import type { ResponseHead } from '../handshake/http1/head.js';
import { decodeLocation } from '../handshake/location.js';
import { quoted } from '../handshake/quoted.js';
import type { DialOptions } from './dial.js';
import { type Destination, parseWebSocketUrl } from './url.js';

/** Statuses that send us elsewhere (RFC 9110 §15.4). 300 wants a choice, 304 and 305 mean other things. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that say who we are: for the server that they were meant for, and no other. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

export function isRedirect(response: ResponseHead | undefined): response is ResponseHead {
  return response !== undefined && REDIRECTS.has(response.status) && response.headers.has('Location');
}

/**
 * Where a redirect leads.
 *
 * @param error what to reject with where it must not be followed: it has the response
 * @throws {HandshakeError} if Location cannot be read, or leads to no WebSocket, from wss to ws, or to a Unix domain socket
 */
export function redirected(from: Destination, response: ResponseHead, error: HandshakeError): Destination {
  const [value = '', ...others] = response.headers.all('Location');
  if (others.length > 0) throw notFollowed('one of several in the response', response, error);
  const location = decodeLocation(value);
  if (location === undefined) throw notFollowed('which is neither ASCII nor UTF-8', response, error);
  let to: Destination;
  try {
    to = resolve(location, from);
  } catch (cause) {
    throw notFollowed('which is no WebSocket URL', response, error, cause);
  }
  // What was promised to be encrypted must not become plain on a server's, or an attacker's, word.
  if (from.secure && !to.secure) throw notFollowed('from wss to ws', response, error);
  // Nor may a server reach through us what only this machine may.
  if (to.socketPath !== from.socketPath && to.socketPath !== undefined) {
    throw notFollowed('a Unix domain socket', response, error);
  }
  return to;
}

/** @throws {RangeError} where it is no WebSocket URL */
function resolve(location: string, from: Destination): Destination {
  if (from.socketPath === undefined || URL.canParse(location)) {
    return parseWebSocketUrl(URL.canParse(location, from.href) ? new URL(location, from.href) : location);
  }
  // A ws+unix: URL holds two paths, of which a relative Location means the second.
  const { pathname, search } = new URL(location, `ws://localhost${from.target}`);
  return { ...from, target: pathname + search };
}

export function isSameOrigin(from: Destination, to: Destination): boolean {
  return from.secure === to.secure && from.host === to.host && from.socketPath === to.socketPath;
}

/** The headers for a server of another origin: without credentials. */
export function withoutCredentials(headers: readonly HeaderLine[]): readonly HeaderLine[] {
  return headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()) && name.toLowerCase() !== 'host');
}

/** Options of node:tls that say who we are, or belong to one server: a secureContext may hold a certificate. */
const OF_ONE_SERVER: ReadonlySet<string> = new Set([
  'cert',
  'key',
  'pfx',
  'passphrase',
  'secureContext',
  'clientCertEngine',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'session',
  'servername',
] satisfies ReadonlyArray<keyof ConnectionOptions>);

/** How to reach a server of another origin: a client's certificate is a credential too. */
export function withoutCertificate({ tls, ...options }: DialOptions): DialOptions {
  if (tls === undefined) return options;
  const others = Object.entries(tls).filter(([name]) => !OF_ONE_SERVER.has(name));
  return { ...options, tls: Object.fromEntries(others) };
}

/** What a redirect that is not followed rejects with. */
export function notFollowed(
  why: string,
  response: ResponseHead,
  error: HandshakeError,
  cause?: unknown,
): HandshakeError {
  const [location = ''] = response.headers.all('Location');
  const place = quoted(decodeLocation(location) ?? location);
  return new HandshakeError(`${error.message}: a redirect to ${place}, ${why}, is not followed`, {
    phase: 'response',
    fault: 'peer',
    status: response.status,
    headers: error.headers,
    body: error.body,
    cause,
  });
}
