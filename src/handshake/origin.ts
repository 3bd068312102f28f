/**
 * Checks which pages may connect (RFC 6455 §10.2). Browsers let any page open a WebSocket to any server, with the
 * user's cookies, and name the page in Origin. A server that ignores Origin is open to cross-site hijacking
 * (CVE-2018-14732, CVE-2024-23898, CVE-2025-24964).
 */
import { booleanAnswer, callOption } from '../application-code.js';
import { invalidType, invalidValue, rangeError } from '../errors.js';
import { adviceOnHost, checkHost, isPattern, listed, matchesHost } from './allowed-hosts.js';
import { mismatch, quoted } from './quoted.js';
import type { UpgradeRequest } from './request.js';
import { type Authority, parseAuthority } from './request-target.js';

/**
 * The ports that a URL may leave out. Browsers send the origin of the page (http, https); other clients name the server
 * (ws, wss).
 */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
]);

/** scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/** RFC 6454 §6.2: the origin of a page that a browser does not name, such as a sandboxed frame or a local file. */
const OPAQUE = 'null';

export interface Origin {
  readonly scheme: string;
  /** In lower case. '' for schemes without hosts: `file://`. */
  readonly host: string;
  /** The default port of the scheme if none was written; undefined if the scheme has none. */
  readonly port: number | undefined;
}

/**
 * serialized-origin = scheme "://" host [ ":" port ] (RFC 6454 §7.1); undefined for `null`, and if `text` is malformed.
 */
export function parseOrigin(text: string): Origin | undefined {
  const end = text.indexOf('://');
  const scheme = text.slice(0, Math.max(end, 0)).toLowerCase();
  if (!SCHEME.test(scheme)) return undefined;
  const rest = text.slice(end + 3);
  if (rest === '' && !DEFAULT_PORTS.has(scheme)) return { scheme, host: '', port: undefined };
  const authority = parseAuthority(rest);
  if (authority === undefined) return undefined;
  return { scheme, host: authority.host, port: authority.port ?? DEFAULT_PORTS.get(scheme) };
}

/**
 * Whether `origin` has the host and port of `server`, which is from the Host header. The scheme is not compared, since
 * a proxy may terminate TLS. If `server` has no port, the default port of the origin's scheme is meant.
 */
export function isSameServer(origin: Origin, server: Authority): boolean {
  const port = server.port ?? DEFAULT_PORTS.get(origin.scheme);
  return origin.host === server.host && origin.port !== undefined && origin.port === port;
}

/**
 * The pages that may connect:
 *
 * - `'*'`: all.
 * - A list: pages with the scheme, host and port of an entry (`https://example.com`, `app://.`, `file://`, `null`), or
 *   with a host below the domain of a pattern (`https://*.example.com`).
 * - A function: pages for which it returns true. It must answer synchronously, and is only called for well-formed
 *   origins.
 * - Undefined: pages of the host and port that they connect to.
 */
export type OriginRule = '*' | readonly string[] | ((origin: string, request: UpgradeRequest) => boolean) | undefined;

/** Checks the Origin of a request. Returns undefined if it is allowed, otherwise a sentence for the operator. */
export type OriginCheck = (request: UpgradeRequest, host: Authority) => string | undefined;

/**
 * Returns the check for a rule. It throws a HandlerError if the rule is a function that fails.
 *
 * @throws {TypeError} if the rule has none of the types of OriginRule
 * @throws {RangeError} if an entry of the list is not an origin, or can never match
 */
export function originCheck(rule: OriginRule): OriginCheck {
  if (rule === '*') return () => undefined;
  if (rule === undefined) return withOrigin(objectionToOtherServers);
  if (typeof rule === 'function') return withOrigin(objectionByFunction(rule));
  if (!Array.isArray(rule)) throw invalidType('origins', "'*', an array of origins, or a function", rule);
  return withOrigin(objectionByList(rule));
}

/** A well-formed Origin header. */
interface SentOrigin {
  /** As it was sent. */
  readonly text: string;
  /** Undefined for `null`. */
  readonly origin: Origin | undefined;
}

type Objection = (sent: SentOrigin, request: UpgradeRequest, host: Authority) => string | undefined;

/**
 * RFC 6455 §4.2.1: a request without Origin "SHOULD NOT be interpreted as coming from a browser client", so it passes.
 */
function withOrigin(objection: Objection): OriginCheck {
  return (request, host) => {
    const lines = request.headers.all('Origin');
    if (lines.length === 0) return undefined;
    const text = lines[0]!;
    const origin = parseOrigin(text);
    // RFC 6454 §7.3: a user agent "MUST NOT include more than one Origin header field".
    if (lines.length > 1 || (origin === undefined && text !== OPAQUE)) {
      return mismatch('Origin', 'one `scheme://host[:port]` (RFC 6454 §7)', lines);
    }
    return objection({ text, origin }, request, host);
  };
}

function objectionToOtherServers(
  { text, origin }: SentOrigin,
  request: UpgradeRequest,
  host: Authority,
): string | undefined {
  if (origin !== undefined && isSameServer(origin, host)) return undefined;
  return (
    `Origin ${quoted(text)} does not have the host and port of the request, ${quoted(request.host)}, which is required unless the option ` +
    `origins is set. If its pages may connect, list it there. ${adviceOnHost(request)}`
  );
}

function objectionByFunction(rule: (origin: string, request: UpgradeRequest) => boolean): Objection {
  return ({ text }, request) => {
    if (callOption('origins', 'true or false', () => booleanAnswer('origins', rule(text, request)))) return undefined;
    return `The option origins, a function, returned false for Origin ${quoted(text)} (Host ${quoted(request.host)}).`;
  };
}

function objectionByList(entries: readonly string[]): Objection {
  const allowed = entries.map(parseEntry);
  const exact = new Set(allowed.filter(entry => entry === undefined || !isPattern(entry.host)).map(serialize));
  const patterns = allowed.filter(entry => entry !== undefined && isPattern(entry.host)) as Origin[];
  const list = listed(entries);
  return ({ text, origin }, request) => {
    if (exact.has(serialize(origin))) return undefined;
    if (origin !== undefined && patterns.some(pattern => matchesPattern(pattern, origin))) return undefined;
    const rule = 'scheme, host and port must be those of an entry';
    return `Origin ${quoted(text)} is not in the option origins, ${list}: ${rule} (Host ${quoted(request.host)}).`;
  };
}

function matchesPattern(pattern: Origin, { scheme, host, port }: Origin): boolean {
  return pattern.scheme === scheme && pattern.port === port && matchesHost(pattern.host, host);
}

function serialize(origin: Origin | undefined): string {
  return origin === undefined ? OPAQUE : `${origin.scheme}://${origin.host}:${origin.port ?? ''}`;
}

/** Returns an entry of the list; undefined for `null`. Upper case and default ports are normalised, as in browsers. */
function parseEntry(text: string): Origin | undefined {
  if (typeof text !== 'string') throw invalidType('each entry of origins', 'a string', text);
  if (text === OPAQUE) return undefined;
  if (text === '*')
    throw rangeError(
      'each entry of origins must be an origin, got "*": to allow all, pass origins: \'*\', not in a list',
    );
  const origin = parseOrigin(text);
  if (origin === undefined) {
    const expected =
      "`scheme://host[:port]`, `scheme://*.domain[:port]` or 'null', in ASCII and without a path (not even `/`)";
    throw invalidValue('each entry of origins', expected, text);
  }
  // Other schemes have other rules for hosts.
  if (DEFAULT_PORTS.has(origin.scheme) || origin.host.includes('*')) checkHost('origins', origin.host, text);
  return origin;
}
