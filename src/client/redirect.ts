import { HandshakeError } from '../errors.js';
import type { HeaderLine, ResponseHead } from '../handshake/http-head.js';
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
 * @throws {HandshakeError} where it leads to no WebSocket, or from wss to ws
 */
export function redirected(from: Destination, response: ResponseHead, error: HandshakeError): Destination {
  const location = response.headers.get('Location') ?? '';
  let to: Destination;
  try {
    to = parseWebSocketUrl(new URL(location, from.href));
  } catch (cause) {
    throw refused('which is no WebSocket URL', location, error, cause);
  }
  // What was promised to be encrypted must not become plain on a server's, or an attacker's, word.
  if (from.secure && !to.secure) throw refused('from wss to ws', location, error);
  return to;
}

/** The headers to send there: credentials stay behind where the origin changes. */
export function headersFor(from: Destination, to: Destination, headers: readonly HeaderLine[]): readonly HeaderLine[] {
  const isSameOrigin = from.secure === to.secure && from.host === to.host && from.socketPath === to.socketPath;
  return isSameOrigin
    ? headers
    : headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()) && name.toLowerCase() !== 'host');
}

function refused(why: string, location: string, error: HandshakeError, cause?: unknown): HandshakeError {
  return new HandshakeError(`${error.message}: a redirect to ${JSON.stringify(location)}, ${why}, is not followed`, {
    phase: 'response',
    fault: 'peer',
    headers: error.headers,
    body: error.body,
    cause,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
