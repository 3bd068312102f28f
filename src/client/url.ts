import { URL } from 'node:url';
import { invalidType, invalidValue } from '../errors.js';
import { socketPathFault } from '../transport/socket-path.js';

/** Where a ws: or wss: URL leads (RFC 6455 §3). */
export interface Destination {
  /** The URL as parsed, without credentials. */
  readonly href: string;
  readonly secure: boolean;
  /** Host name or IP address to connect to; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path of the Unix domain socket of a ws+unix: URL, in place of host and port. */
  readonly socketPath: string | undefined;
  /** For the Host header: `host`, with the port where it is not the scheme's own (§4.1). */
  readonly host: string;
  /** "resource name": path and query (§3). */
  readonly target: string;
  /** The value of Authorization for user and password in the URL (RFC 7617), or undefined. */
  readonly authorization: string | undefined;
}

/** Schemes by what they mean. http and https are taken as browsers take them: for ws and wss (WHATWG WebSockets §3.1). */
const SCHEMES: ReadonlyMap<string, { readonly secure: boolean; readonly port: number }> = new Map([
  ['ws:', { secure: false, port: 80 }],
  ['http:', { secure: false, port: 80 }],
  ['wss:', { secure: true, port: 443 }],
  ['https:', { secure: true, port: 443 }],
]);

/**
 * Reads `ws://host[:port]/path?query`, `wss://…`, or `ws+unix:/path/of.sock:/path?query` (also `wss+unix:`).
 *
 * @throws {RangeError} where it is none of these; {TypeError} where it is neither a string nor a URL
 */
export function parseWebSocketUrl(input: string | URL): Destination {
  if (typeof input !== 'string' && !isUrl(input)) throw invalidType('url', 'a string or a URL', input);
  const text = typeof input === 'string' ? input : input.href;
  if (!URL.canParse(text)) throw unfit('an absolute URL such as ws://example.com/chat', text);
  const url = new URL(text);
  // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs." (§3)
  if (text.includes('#')) throw unfit('without a fragment (RFC 6455 §3; a # in a path is %23)', text);
  if (url.protocol === 'ws+unix:' || url.protocol === 'wss+unix:') return unixDestination(url, text);
  const scheme = SCHEMES.get(url.protocol);
  if (scheme === undefined)
    throw unfit('of scheme ws:, wss:, ws+unix: or wss+unix:, such as ws://localhost:8080/', text);
  const port = url.port === '' ? scheme.port : Number(url.port);
  const authorization = basicAuthorization(url, text);
  const target = url.pathname + url.search;
  return {
    href: `${scheme.secure ? 'wss' : 'ws'}://${url.host}${target}`,
    secure: scheme.secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    socketPath: undefined,
    // URL leaves the port out where it is the scheme's own.
    host: url.host,
    target,
    authorization,
  };
}

/** Whether a value has the shape of a URL: that of another realm (node:vm, jsdom) is no instance of ours. */
function isUrl(value: unknown): value is URL {
  const { href, searchParams } = Object(value) as Partial<URL>;
  return typeof href === 'string' && typeof searchParams === 'object';
}

/** `ws+unix:` names a socket and, behind a colon, a path on the server there. Its Host is localhost, since there must be one. */
function unixDestination(url: URL, text: string): Destination {
  const colon = url.pathname.indexOf(':');
  const socketPath = decoded(colon === -1 ? url.pathname : url.pathname.slice(0, colon));
  const path = colon === -1 ? '' : url.pathname.slice(colon + 1);
  // With two slashes, the beginning of the path was taken for a host.
  if (socketPath === undefined || socketPath === '' || url.host !== '' || (path !== '' && !path.startsWith('/'))) {
    throw unfit('of the form ws+unix:/path/of.sock:/path?query', text);
  }
  const fault = socketPathFault(socketPath);
  if (fault !== undefined) throw unfit(`with ${fault} for the socket`, text);
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
  const [name, secret] = [decoded(username), decoded(password)];
  if (name === undefined || secret === undefined) {
    throw unfit('with user and password percent-encoded as UTF-8 (a % is %25)', text);
  }
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

/** `text` without percent-encoding; undefined where that is not of UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function unfit(expected: string, text: string): RangeError {
  return invalidValue('url', expected, withoutSecrets(text));
}

/**
 * The text of a URL without user and password, for messages: they are logged. A password with a `/`, `?` or `#` that should have been
 * percent-encoded is not shown either, so what goes is all between the scheme and the last `@`.
 */
function withoutSecrets(text: string): string {
  const [scheme = ''] = /^[^:/\\?#@]*:[/\\]*/.exec(text) ?? [];
  const [authority = ''] = /^[^/\\?#]*/.exec(text.slice(scheme.length)) ?? [];
  // A colon in front of a port looks like one in front of a password: it is taken for that if there is an `@` anywhere.
  const end = authority.includes(':') ? text.lastIndexOf('@') : scheme.length + authority.lastIndexOf('@');
  return end < scheme.length ? text : `${scheme}***${text.slice(end)}`;
}
