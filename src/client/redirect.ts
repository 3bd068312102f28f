import type { ConnectionOptions } from 'node:tls';
import { URL } from 'node:url';
import type { HandshakeError } from '../errors.js';
import type { HeaderLine } from '../handshake/header-fields.js';
import type { ResponseHead } from '../handshake/http1/head.js';
import { decodeLocation } from '../handshake/location.js';
import { quoted } from '../handshake/quoted.js';
import type { DialOptions } from './dial.js';
import { amended } from './failure.js';
import { type Destination, parseWebSocketUrl, type WebSocketUrl } from './url.js';

/** The redirects of RFC 9110 §15.4. 300 asks for a choice, 304 and 305 have other meanings. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that identify the application. They are meant for one server only. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

export function isRedirect(response: ResponseHead | undefined): response is ResponseHead {
  return response !== undefined && REDIRECTS.has(response.status) && response.headers.has('Location');
}

/**
 * Returns the URL that a redirect leads to.
 *
 * @param error the error about the response. The error that is thrown has the same details
 * @throws {HandshakeError} if the Location cannot be read, is not a WebSocket URL, or leads from wss to ws or to a Unix
 *   domain socket
 */
export function redirected(from: Destination, response: ResponseHead, error: HandshakeError): WebSocketUrl {
  const [value = '', ...others] = response.headers.all('Location');
  if (others.length > 0) throw notFollowed('the response has several Location headers', response, error);
  const location = decodeLocation(value);
  if (location === undefined) throw notFollowed('it is neither ASCII nor UTF-8', response, error);
  let to: WebSocketUrl;
  try {
    to = resolve(location, from);
  } catch (cause) {
    throw notFollowed('it is not a WebSocket URL', response, error, cause);
  }
  // A server, or an attacker in its place, must not turn encryption off.
  if (from.secure && !to.secure) throw notFollowed('it leads from wss to ws', response, error);
  // A server must not make this client connect to a local service.
  if (to.socketPath !== from.socketPath && to.socketPath !== undefined) {
    throw notFollowed('it leads to a Unix domain socket', response, error);
  }
  return to;
}

/** @throws {RangeError} if the result is not a WebSocket URL */
function resolve(location: string, from: Destination): WebSocketUrl {
  if (from.socketPath === undefined || URL.canParse(location)) {
    return parseWebSocketUrl(URL.canParse(location, from.href) ? new URL(location, from.href) : location);
  }
  // A ws+unix: URL has two paths. A relative Location is relative to the second one.
  const { pathname, search } = new URL(location, `ws://localhost${from.target}`);
  const [socket = ''] = /^[^:]*:[^:?]*/.exec(from.href) ?? [];
  return parseWebSocketUrl(`${socket}:${pathname}${search}`);
}

export function isSameOrigin(from: Destination, to: Destination): boolean {
  return from.secure === to.secure && from.host === to.host && from.socketPath === to.socketPath;
}

/** Returns the headers for a server of another origin: without credentials. */
export function withoutCredentials(headers: readonly HeaderLine[]): readonly HeaderLine[] {
  return headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()) && name.toLowerCase() !== 'host');
}

/**
 * Options of node:tls that identify the application or belong to one server. A secureContext may have a certificate.
 */
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

/** Returns the options for a server of another origin. A client certificate is a credential, too. */
export function withoutCertificate({ tls, ...options }: DialOptions): DialOptions {
  if (tls === undefined) return options;
  const others = Object.entries(tls).filter(([name]) => !OF_ONE_SERVER.has(name));
  return { ...options, tls: Object.fromEntries(others) };
}

/** Returns the error for a redirect that is not followed. */
function notFollowed(why: string, response: ResponseHead, error: HandshakeError, cause?: unknown): HandshakeError {
  const [location = ''] = response.headers.all('Location');
  const place = quoted(decodeLocation(location) ?? location);
  const summary = `${error.summary}: the redirect to ${place} is not followed, since ${why}`;
  return amended(error, { summary, hint: undefined, cause });
}
