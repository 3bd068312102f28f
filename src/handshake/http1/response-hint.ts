/** Hints for the errors of a client: why an opening handshake probably failed, and what to try. */
import { Buffer } from 'node:buffer';
import { decodeLocation } from '../location.js';
import { PASS_ON_UPGRADE } from '../proxy-advice.js';
import { quoted } from '../quoted.js';
import type { ResponseHead } from './head.js';

const IS_HTTP_1_0 = 'the response is HTTP/1.0, which has no Upgrade';
const HTTP_1_0 = `${IS_HTTP_1_0}: a proxy on the way must use HTTP/1.1 (${PASS_ON_UPGRADE})`;

const PROXY_MAY_DROP_UPGRADE = `a proxy on the way may have removed Upgrade or Connection (${PASS_ON_UPGRADE})`;

/** The hint if no byte was received. */
export const NO_RESPONSE =
  'the port may be for another protocol, such as TLS (try wss:// instead of ws://, or vice versa), or the server may be overloaded';

/** The hints for statuses that say more than their class. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [400, `the server considers the request malformed; ${PROXY_MAY_DROP_UPGRADE}`],
  [403, 'the server does not allow this Origin, this Host or these credentials'],
  [
    404,
    `no WebSocket is served at this path: is it spelled right, down to a slash at its end? If it is, ${PROXY_MAY_DROP_UPGRADE}`,
  ],
  [405, 'something is served at this path, but not to GET: is the path right?'],
  [407, 'a proxy on the way requires credentials'],
  [408, 'the request did not reach the server in time'],
  [421, 'this server is not responsible for the requested host'],
  [429, 'there were too many requests: wait before the next one'],
  [431, 'the headers are too large for the server: are there many cookies?'],
  [502, 'a gateway answered, but it could not reach its own server'],
  [503, 'the server is overloaded or temporarily down'],
  [504, 'a gateway answered, but its own server did not answer in time'],
]);

/** Returns the hint for a 101 that breaks a rule. */
export function hintOfInvalidUpgrade({ version }: ResponseHead): string {
  return version === '1.0' ? HTTP_1_0 : 'the server, or a proxy on the way, does not follow RFC 6455';
}

/** Returns the hint for a response other than 101. */
export function hintOfResponse(head: ResponseHead, body: Uint8Array): string {
  const hint = hintOfStatus(head, body);
  if (head.version !== '1.0') return hint;
  return `${hint}; ${hint.includes(PASS_ON_UPGRADE) ? IS_HTTP_1_0 : HTTP_1_0}`;
}

function hintOfStatus(head: ResponseHead, body: Uint8Array): string {
  const { status, headers } = head;
  // nginx and Go's net/http answer this to plain HTTP on their TLS port.
  if (status === 400 && /\bhttps\b/i.test(latin1(body))) return 'the server expects TLS: try wss://';
  if (status === 401) return hintOfUnauthorized(headers.get('WWW-Authenticate'));
  if (status === 426) return hintOfUpgradeRequired(head);
  const hint = HINTS.get(status);
  if (hint !== undefined) return hint;
  if (status < 300) {
    const isPage = headers.get('Content-Type')?.toLowerCase().startsWith('text/html');
    const what = isPage ? 'a web page' : 'an ordinary HTTP resource';
    return `${what} answered: is the path right? If it is, ${PROXY_MAY_DROP_UPGRADE}`;
  }
  if (status < 400) return hintOfRedirect(status, headers.get('Location'));
  return status < 500 ? 'the server refuses the request' : 'the server failed';
}

function hintOfUnauthorized(challenge: string | undefined): string {
  return challenge === undefined
    ? 'the server requires credentials, but does not say which'
    : `the server requires credentials: ${quoted(challenge)}`;
}

/** The redirects that connect() can follow. */
const FOLLOWABLE: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function hintOfRedirect(status: number, location: string | undefined): string {
  if (location === undefined) return 'a redirect without a Location header';
  const what = `a redirect to ${quoted(decodeLocation(location) ?? location)}, which was not followed`;
  return FOLLOWABLE.has(status) ? `${what}: to follow it, set the option maxRedirects` : what;
}

function hintOfUpgradeRequired({ headers }: ResponseHead): string {
  const versions = headers.get('Sec-WebSocket-Version');
  if (versions !== undefined && !/\b13\b/.test(versions)) {
    return `the server speaks other versions of the protocol: ${quoted(versions)}`;
  }
  const upgrade = headers.get('Upgrade');
  if (upgrade !== undefined && !/\bwebsocket\b/i.test(upgrade)) return `the server asks for ${quoted(upgrade)} instead`;
  return `the server did not see a WebSocket request; ${PROXY_MAY_DROP_UPGRADE}`;
}

/** How other protocols start that may answer on the port of a WebSocket server. */
const OTHER_PROTOCOLS: ReadonlyArray<readonly [begins: RegExp, hint: string]> = [
  // A TLS record starts with its content type (RFC 8446 §5.1). Reading stops at this byte.
  [/^[\x14-\x17]/, 'the server speaks TLS: try wss://'],
  [/^SSH-/, 'an SSH server answered: is the port right?'],
  [/^220[ -]/, 'a mail or FTP server answered: is the port right?'],
  [/^(\+OK|\* OK)/, 'a mail server answered: is the port right?'],
  // The length of an HTTP/2 SETTINGS frame (RFC 9113 §4.1).
  [/^\0/, 'the server speaks a binary protocol, perhaps HTTP/2 only: is the port right?'],
  [/^HTTP\//, 'the response is malformed or cut short: is a proxy on the way?'],
];

/** Returns the hint for bytes that are not an HTTP response and start with `opening`. */
export function hintOfOpening(opening: Uint8Array): string {
  const text = latin1(opening);
  return OTHER_PROTOCOLS.find(([begins]) => begins.test(text))?.[1] ?? 'this is not HTTP: is the port right?';
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
