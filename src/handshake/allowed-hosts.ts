/** The option `hosts`, and the patterns for subdomains that it shares with `origins`. */
import { invalidType, invalidValue, rangeError } from '../errors.js';
import { PASS_ON_HOST } from './proxy-advice.js';
import { quoted } from './quoted.js';
import type { UpgradeRequest } from './request.js';
import { type Authority, parseAuthority } from './request-target.js';

/** The start of a pattern: `*.example.com` matches every host below example.com, at any depth, but not example.com. */
const ANY_SUBDOMAIN = '*.';

/** How to allow everything, for error messages. */
const ALLOW_ALL = { origins: "origins: '*' allows all", hosts: 'all hosts are allowed if the option is left out' };

/** How many entries of a list the text of a refusal shows. */
const MAX_LISTED = 10;

/** Checks the host of a request. Returns undefined if it is allowed, otherwise a sentence for the operator. */
export type HostCheck = (request: UpgradeRequest, host: Authority) => string | undefined;

/**
 * Returns the check of the hosts that a request may name. It prevents DNS rebinding, in which an attacker points a
 * domain at this server, so that the attacker's pages have the server's origin. An entry without a port allows all
 * ports.
 *
 * @throws {TypeError} if `hosts` is not an array of strings
 * @throws {RangeError} if an entry is not `host[:port]` or `*.domain[:port]`, or can never match
 */
export function hostCheck(hosts: readonly string[] | undefined): HostCheck {
  if (hosts === undefined) return () => undefined;
  if (!Array.isArray(hosts)) throw invalidType('hosts', 'an array of `host[:port]`', hosts);
  const allowed = hosts.map(parseEntry);
  const list = listed(hosts);
  return (request, { host, port }) => {
    if (allowed.some(entry => matchesHost(entry.host, host) && (entry.port ?? port) === port)) return undefined;
    const origin = request.origin === undefined ? 'no Origin' : `Origin ${quoted(request.origin)}`;
    return `The host ${quoted(request.host)} is not in the option hosts, ${list} (${origin}). ${adviceOnHost(request)}`;
  };
}

function parseEntry(text: string): Authority {
  if (typeof text !== 'string') throw invalidType('each entry of hosts', 'a string', text);
  const entry = parseAuthority(text);
  if (entry === undefined) {
    throw invalidValue('each entry of hosts', '`host[:port]` or `*.domain[:port]`, in ASCII', text);
  }
  checkHost('hosts', entry.host, text);
  return entry;
}

export function isPattern(host: string): boolean {
  return host.startsWith(ANY_SUBDOMAIN) && host.length > ANY_SUBDOMAIN.length;
}

/** Whether a host, in lower case, is the host of an entry, or below the domain of its pattern. */
export function matchesHost(entry: string, host: string): boolean {
  if (!isPattern(entry)) return entry === host;
  const suffix = entry.slice(1);
  return host.endsWith(suffix) && host.length > suffix.length;
}

/**
 * Checks the host of an entry of a list.
 *
 * @param entry the whole entry, for the error
 * @throws {RangeError} if no client that follows the URL standard can send this host
 */
export function checkHost(option: 'origins' | 'hosts', host: string, entry: string): void {
  const name = isPattern(host) ? host.replace('*', 'a') : host;
  if (name.includes('*')) {
    throw rangeError(
      `each entry of ${option} may have \`*\` only as in \`*.example.com\`, which matches all hosts below example.com ` +
        `(${ALLOW_ALL[option]}), got ${JSON.stringify(entry)}`,
    );
  }
  const standard = hostOfUrl(name);
  if (standard === name) return;
  const argument = `each entry of ${option}`;
  if (standard === undefined || name !== host) {
    throw invalidValue(argument, 'a host name or an address that is valid in URLs', entry);
  }
  throw invalidValue(argument, `spelled as in URLs, ${standard}`, entry);
}

/**
 * Returns a host as the URL standard writes it: `0x7f.1` is 127.0.0.1. Returns undefined for an invalid host such as
 * 1.2.3.4.5.
 */
function hostOfUrl(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** Returns the entries of a list, for the text of a refusal. */
export function listed(entries: readonly string[]): string {
  const more = entries.length - MAX_LISTED;
  const shown = entries.slice(0, MAX_LISTED).map(quoted).join(', ');
  return `[${shown}${more > 0 ? ` and ${more} more` : ''}]`;
}

/** Returns advice for the case that a proxy has replaced Host. */
export function adviceOnHost({ headers }: UpgradeRequest): string {
  const original = headers.get('X-Forwarded-Host');
  const sign = original === undefined ? '' : ` (X-Forwarded-Host is ${quoted(original)})`;
  return `If a proxy in front of this server replaces Host${sign}, configure it to pass on the original one (${PASS_ON_HOST})`;
}
