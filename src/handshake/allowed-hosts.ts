/** The option `hosts`, and what it shares with `origins`: patterns for subdomains. */
import { invalidType, invalidValue } from '../errors.js';
import { PASS_ON_HOST } from './proxy-advice.js';
import { quoted } from './quoted.js';
import type { UpgradeRequest } from './request.js';
import { type Authority, parseAuthority } from './request-target.js';

/** What a pattern begins with: `*.example.com` stands for every host below example.com, at any depth, and not for example.com. */
const ANY_SUBDOMAIN = '*.';

/** What a list that is to allow everything is told. */
const ALL = { origins: "origins: '*' allows all", hosts: 'without the option all are allowed' };

/** How many entries of a list the text of a refusal names. */
const MOST_LISTED = 10;

/** Returns why a request may not name its host, in words for the operator; undefined if it may. */
export type HostJudge = (request: UpgradeRequest, host: Authority) => string | undefined;

/**
 * The hosts that a request may name, against DNS rebinding: there, a foreign name is made to point at this server, whose pages are then of the
 * same origin. An entry without a port stands for all ports.
 *
 * @throws {TypeError} if this is not a list of strings
 * @throws {RangeError} if an entry is not `host[:port]` or `*.domain[:port]`, or can never match
 */
export function hostJudge(hosts: readonly string[] | undefined): HostJudge {
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
  if (typeof text !== 'string') throw invalidType('each of hosts', 'a string', text);
  const entry = parseAuthority(text);
  if (entry === undefined) throw invalidValue('each of hosts', '`host[:port]` or `*.domain[:port]`, in ASCII', text);
  checkHost('hosts', entry.host, text);
  return entry;
}

export function isPattern(host: string): boolean {
  return host.startsWith(ANY_SUBDOMAIN) && host.length > ANY_SUBDOMAIN.length;
}

/** Whether a host, in lower case, is the one of an entry, or below the domain of its pattern. */
export function matchesHost(entry: string, host: string): boolean {
  if (!isPattern(entry)) return entry === host;
  const suffix = entry.slice(1);
  return host.endsWith(suffix) && host.length > suffix.length;
}

/**
 * Checks the host of the entry `text` of a list.
 *
 * @throws {RangeError} if no client that follows the URL standard can send it
 */
export function checkHost(option: 'origins' | 'hosts', host: string, text: string): void {
  const argument = `each of ${option}`;
  const name = isPattern(host) ? host.replace('*', 'a') : host;
  if (name.includes('*')) {
    const expected = 'without `*`, except for a host such as `*.example.com`, which stands for all below example.com';
    throw invalidValue(argument, `${expected} (${ALL[option]})`, text);
  }
  const standard = hostOfUrl(name);
  if (standard === name) return;
  const expected =
    standard === undefined || name !== host
      ? 'a name or an address that URLs can have'
      : `spelled as in URLs, ${standard}`;
  throw invalidValue(argument, expected, text);
}

/** As the URL standard writes it: `0x7f.1` is 127.0.0.1. Undefined for what is no host, such as 1.2.3.4.5. */
function hostOfUrl(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** The entries of a list, for the text of a refusal. */
export function listed(entries: readonly string[]): string {
  const more = entries.length - MOST_LISTED;
  const shown = entries.slice(0, MOST_LISTED).map(quoted).join(', ');
  return `[${shown}${more > 0 ? ` and ${more} more` : ''}]`;
}

/** What to do if Host is not what the client sent. */
export function adviceOnHost({ headers }: UpgradeRequest): string {
  const original = headers.get('X-Forwarded-Host');
  const sign = original === undefined ? '' : ` (X-Forwarded-Host is ${quoted(original)})`;
  return `If a proxy in front of this server replaces Host${sign}, let it pass on the original one (${PASS_ON_HOST})`;
}
