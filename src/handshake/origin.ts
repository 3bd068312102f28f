/**
 * Who may connect (RFC 6455 §10.2). Browsers let any page open a WebSocket to any server, cookies included, and say which page
 * it was in Origin: a server that does not look is open to cross-site hijacking (CVE-2018-14732, CVE-2024-23898, CVE-2025-24964).
 */
import { invalidType } from '../errors.js';
import { type Authority, parseAuthority } from './request-target.js';

/** Ports that a URL leaves out: 80 of http and ws, 443 of https and wss. */
const DEFAULT_PORTS = new Map([
  ['http', 80],
  ['https', 443],
]);

/** scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/** RFC 6454 §6.2: what a browser says of a page that it will not name, such as a sandboxed frame or a local file. */
const OPAQUE = 'null';

export interface Origin {
  readonly scheme: string;
  readonly host: string;
  /** The default port of the scheme where none was written; undefined where the scheme has none. */
  readonly port: number | undefined;
}

/** serialized-origin = scheme "://" host [ ":" port ] (RFC 6454 §7.1); undefined for `null`, and where `text` is none. */
export function parseOrigin(text: string): Origin | undefined {
  const end = text.indexOf('://');
  const scheme = text.slice(0, Math.max(end, 0)).toLowerCase();
  const authority = parseAuthority(text.slice(end + 3));
  if (!SCHEME.test(scheme) || authority === undefined) return undefined;
  return { scheme, host: authority.host, port: authority.port ?? DEFAULT_PORTS.get(scheme) };
}

/**
 * Whether `origin` is a page of the server that it connects to: it names the same host and port. Its scheme is not compared,
 * since a proxy that ends TLS may stand before us. So where `server`, from the Host header, leaves its port out, we cannot know
 * whether that meant 80 or 443, and either matches.
 */
export function isSameServer(origin: Origin, server: Authority): boolean {
  if (origin.host !== server.host) return false;
  if (server.port !== undefined) return origin.port === server.port;
  return origin.port === 80 || origin.port === 443;
}

/** The pages that may connect: `'*'` all, a list exactly those (scheme, host and port), undefined those of the server itself. */
export type OriginRule = '*' | readonly string[] | undefined;

/** Judges the lines of Origin in a request to `server`. */
export type OriginJudge = (lines: readonly string[], server: Authority) => boolean;

/** @throws TypeError where an entry of the list is no origin */
export function originJudge(rule: OriginRule): OriginJudge {
  if (rule === '*') return () => true;
  if (rule === undefined) {
    return withOrigin((line, server) => {
      const origin = parseOrigin(line);
      return origin !== undefined && isSameServer(origin, server);
    });
  }
  if (!Array.isArray(rule)) throw invalidType('origins', `'*' or an array of origins`, rule);
  const allowed = new Set(rule.map(checkedOrigin));
  return withOrigin(line => {
    const name = canonical(line);
    return name !== undefined && allowed.has(name);
  });
}

/** RFC 6455 §4.2.1: a request without Origin "SHOULD NOT be interpreted as coming from a browser client": it passes. */
function withOrigin(isAllowed: (line: string, server: Authority) => boolean): OriginJudge {
  return (lines, server) => lines.length === 0 || (lines.length === 1 && isAllowed(lines[0]!, server));
}

function canonical(text: string): string | undefined {
  if (text === OPAQUE) return OPAQUE;
  const origin = parseOrigin(text);
  return origin === undefined ? undefined : `${origin.scheme}://${origin.host}:${origin.port ?? ''}`;
}

function checkedOrigin(text: string): string {
  const origin = typeof text === 'string' ? canonical(text) : undefined;
  if (origin === undefined) throw invalidType('each of origins', '`scheme://host[:port]` without a path', text);
  return origin;
}

/** Judges the host that a request names. */
export type HostJudge = (host: Authority) => boolean;

/**
 * The hosts that a request may name, against DNS rebinding, where a foreign name is made to point at this server and its pages
 * then are of the same origin. An entry without a port stands for all ports.
 * @throws TypeError where an entry is not `host[:port]`
 */
export function hostJudge(hosts: readonly string[] | undefined): HostJudge {
  if (hosts === undefined) return () => true;
  if (!Array.isArray(hosts)) throw invalidType('hosts', 'an array of `host[:port]`', hosts);
  const allowed: Authority[] = hosts.map(text => {
    const authority = typeof text === 'string' ? parseAuthority(text) : undefined;
    if (authority === undefined) throw invalidType('each of hosts', '`host[:port]`', text);
    return authority;
  });
  return ({ host, port }) => allowed.some(entry => entry.host === host && (entry.port ?? port) === port);
}
