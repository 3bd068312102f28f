import { URL } from 'node:url';
import { describeValue, invalidType, rangeError } from '../errors.js';
import { parseAuthority } from '../handshake/request-target.js';
import { isUrl } from '../host-values.js';
import { socketPathFault } from '../transport/socket-path.js';
import { withoutBrackets } from './host-name.js';
import { percentDecoded } from './percent-decoded.js';

/** The parts of a WebSocket URL (RFC 6455 §3): the server to connect to, and the resource to request. */
export interface Destination {
  /** The URL in its normal form, without user and password. */
  readonly href: string;
  /** Whether the connection must use TLS: wss:, https: or wss+unix:. */
  readonly secure: boolean;
  /** The host name or IP address. IPv6 has no brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The path of the Unix domain socket for ws+unix: and wss+unix:, instead of host name and port. */
  readonly socketPath: string | undefined;
  /** The value of the Host header: the host name, and the port unless it is the default of the scheme (§4.1). */
  readonly host: string;
  /** The "resource name": path and query (§3). */
  readonly target: string;
}

/** A URL as the application wrote it. */
export interface WebSocketUrl extends Destination {
  /** The value of Authorization for user and password in the URL (RFC 7617), or undefined. */
  readonly authorization: string | undefined;
}

interface Scheme {
  readonly secure: boolean;
  readonly port: number;
}

/** http: and https: mean ws: and wss:, as in browsers (WHATWG WebSockets §3.1). */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['ws:', { secure: false, port: 80 }],
  ['wss:', { secure: true, port: 443 }],
  ['http:', { secure: false, port: 80 }],
  ['https:', { secure: true, port: 443 }],
]);

/**
 * Parses `ws://host[:port]/path?query`, `wss://…`, or `ws+unix:/path/of.sock:/path?query` (also `wss+unix:`).
 *
 * @throws {RangeError} if the text is none of these
 * @throws {TypeError} if `input` is neither a string nor a URL
 */
export function parseWebSocketUrl(input: string | URL): WebSocketUrl {
  if (typeof input !== 'string' && !isUrl(input)) throw invalidType('url', 'a string or a URL', input);
  const text = typeof input === 'string' ? input : input.href;
  if (!URL.canParse(text)) throw wrongUrl('be a valid, absolute URL, such as ws://example.com/chat', text);
  const url = new URL(text);
  // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs." (§3)
  if (text.includes('#')) throw wrongUrl('have no fragment (RFC 6455 §3): write a # in a path as %23', text);
  if (url.protocol === 'ws+unix:' || url.protocol === 'wss+unix:') return unixUrl(url, text);
  const scheme = SCHEMES.get(url.protocol);
  if (scheme === undefined) throw wrongUrl('start with ws:, wss:, http:, https:, ws+unix: or wss+unix:', text);
  // URL allows more characters in a host name than the Host header (RFC 9110 §7.2).
  if (parseAuthority(url.host) === undefined) throw wrongUrl('have a host name without any of " ` { }', text);
  const port = url.port === '' ? scheme.port : Number(url.port);
  const authorization = basicAuthorization(url, text);
  const target = url.pathname + url.search;
  return {
    href: `${scheme.secure ? 'wss' : 'ws'}://${url.host}${target}`,
    secure: scheme.secure,
    hostname: withoutBrackets(url.hostname),
    port,
    socketPath: undefined,
    // URL drops the default port of the scheme.
    host: url.host,
    target,
    authorization,
  };
}

/**
 * Parses a `ws+unix:` URL: the path of the socket, a colon, and the path on the server. The required Host header is
 * localhost.
 */
function unixUrl(url: URL, text: string): WebSocketUrl {
  const colon = url.pathname.indexOf(':');
  const socketPath = percentDecoded(colon === -1 ? url.pathname : url.pathname.slice(0, colon));
  const path = colon === -1 ? '' : url.pathname.slice(colon + 1);
  // After two slashes, the first part of the path was parsed as a host.
  if (socketPath === undefined || socketPath === '' || url.host !== '' || (path !== '' && !path.startsWith('/'))) {
    throw wrongUrl('have the form ws+unix:/path/of.sock:/path?query', text);
  }
  const fault = socketPathFault(socketPath);
  if (fault !== undefined) throw wrongUrl(`name the socket by ${fault}`, text);
  return {
    href: text,
    secure: url.protocol === 'wss+unix:',
    hostname: 'localhost',
    port: 0,
    socketPath,
    host: 'localhost',
    target: (path || '/') + url.search,
    authorization: undefined,
  };
}

function basicAuthorization({ username, password }: URL, text: string): string | undefined {
  if (username === '' && password === '') return undefined;
  const [name, secret] = [percentDecoded(username), percentDecoded(password)];
  if (name === undefined || secret === undefined) {
    throw wrongUrl('have user and password percent-encoded as UTF-8: write a % as %25', text);
  }
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

/** Returns a RangeError that says `url must requirement, got text`. */
function wrongUrl(requirement: string, text: string): RangeError {
  return rangeError(`url must ${requirement}, got ${describeValue(withoutQuery(withoutCredentials(text)))}`);
}

/**
 * Hides user and password. A password may have a `/`, `?` or `#` that should have been percent-encoded, so everything
 * between the scheme and the last `@` is hidden.
 */
function withoutCredentials(text: string): string {
  const [scheme = ''] = /^[^:/\\?#@]*:[/\\]*/.exec(text) ?? [];
  const [authority = ''] = /^[^/\\?#]*/.exec(text.slice(scheme.length)) ?? [];
  // A colon before a port looks like one before a password. It counts as the latter if there is an `@` anywhere.
  const end = authority.includes(':') ? text.lastIndexOf('@') : scheme.length + authority.lastIndexOf('@');
  return end < scheme.length ? text : `${scheme}***${text.slice(end)}`;
}

function withoutQuery(text: string): string {
  return text.replace(/\?.+/s, '?…');
}
