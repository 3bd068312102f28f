/** The request-target of RFC 9112 §3.2 and the authority of RFC 3986 §3.2. */
import { consistsOf, tableOf } from './grammar.js';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** reg-name = *( unreserved / pct-encoded / sub-delims ); an IPv4 address is spelled with the same characters. */
const REG_NAME = tableOf(`${LETTERS + DIGITS}-._~%!$&'()*+,;=`);
/** IPv6address of IP-literal = "[" IPv6address "]". */
const IPV6 = tableOf(`${DIGITS}ABCDEFabcdef:.`);
const PORT = tableOf(DIGITS);
/**
 * The characters of a request-target: all of VCHAR except `#`. RFC 3986 allows fewer, but browsers send `|`, `{` and
 * others unencoded. RFC 6455 §3: "Fragment identifiers … MUST NOT be used on these URIs".
 */
const TARGET = Array.from({ length: 128 }, (_, code) => code > 0x20 && code < 0x7f && code !== 0x23);

/**
 * The schemes of an absolute-form request-target. RFC 6455 §4.2.1 names "an absolute HTTP/HTTPS URI", but RFC 9112
 * §3.2.2 asks for the target URI, which is a ws or wss URI, and clients send that too.
 */
const ABSOLUTE_FORM = /^(?:http|ws)s?:\/\//i;

/** A host and a port. */
export interface Authority {
  /** In lower case; an IPv6 address in its brackets. */
  readonly host: string;
  /** Undefined if it was not written, which means the default port of the scheme. */
  readonly port: number | undefined;
}

/** uri-host [ ":" port ], as in Host (RFC 9110 §7.2); undefined if `text` is malformed or has no host. */
export function parseAuthority(text: string): Authority | undefined {
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':');
  const host = (hostEnd <= 0 ? text : text.slice(0, hostEnd)).toLowerCase();
  const rest = hostEnd <= 0 ? '' : text.slice(hostEnd);
  if (!isHost(host)) return undefined;
  // port = *DIGIT: a colon without digits means the same as no colon.
  if (rest === '' || rest === ':') return { host, port: undefined };
  const digits = rest.slice(1);
  const port = Number(digits);
  if (!rest.startsWith(':') || !consistsOf(digits, PORT) || port > 65_535) return undefined;
  return { host, port };
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) {
    return consistsOf(host.slice(1, -1), IPV6) && host.endsWith(']') && URL.canParse(`http://${host}`);
  }
  return consistsOf(host, REG_NAME);
}

/** Whether `text` can be the target in a request line, in any of the four forms. */
export function isRequestTarget(text: string): boolean {
  return consistsOf(text, TARGET);
}

/** The parts of a request-target. Nothing is percent-decoded. */
export interface RequestTarget {
  /** Starts with `/`. */
  readonly path: string;
  /** The part after the first `?`, '' if there is none. */
  readonly query: string;
  /** The host and port of an absolute-form; undefined for an origin-form. */
  readonly authority: string | undefined;
}

/**
 * Returns the parts of an origin-form (`/chat?room=1`) or an absolute-form (`http://example.com/chat?room=1`);
 * undefined for anything else. The authority-form belongs to CONNECT, and `*` to OPTIONS.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (!isRequestTarget(target)) return undefined;
  const scheme = ABSOLUTE_FORM.exec(target)?.[0];
  if (scheme === undefined) return target.startsWith('/') ? splitQuery(target, undefined) : undefined;

  const rest = target.slice(scheme.length);
  const end = rest.search(/[/?]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  // Userinfo is not part of uri-host (RFC 9110 §4.2.4): parseAuthority() rejects its `@`.
  if (parseAuthority(authority) === undefined) return undefined;
  return splitQuery(end === -1 ? '' : rest.slice(end), authority);
}

function splitQuery(text: string, authority: string | undefined): RequestTarget {
  const mark = text.indexOf('?');
  const path = mark === -1 ? text : text.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark === -1 ? '' : text.slice(mark + 1), authority };
}
