import { BlockList, isIP } from 'node:net';
import { withoutBrackets } from '../host-name.js';
import type { Destination } from '../url.js';
import { type ProxyServer, parseProxyUrl } from './proxy.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxy that the environment names for a destination, as curl does: `https_proxy` for wss:, `http_proxy`
 * for ws:, else `all_proxy`, except for the hosts in `no_proxy`. Each name may also be in capitals.
 *
 * A loopback address is never reached through a proxy.
 *
 * @throws {RangeError} that names the variable, if its value is not the URL of a proxy
 */
export function proxyFromEnvironment(
  destination: Destination,
  environment: Environment = process.env,
): ProxyServer | undefined {
  const { secure, socketPath } = destination;
  if (socketPath !== undefined || isLoopback(destination.hostname)) return undefined;
  const variable = [secure ? 'https_proxy' : 'http_proxy', 'all_proxy']
    .flatMap(name => [name, name.toUpperCase()])
    .find(name => isUsable(name, environment));
  if (variable === undefined || isExcepted(destination, environment)) return undefined;
  const value = environment[variable]!.trim();
  return parseProxyUrl(value.includes('://') ? value : `http://${value}`, `the environment variable ${variable}`);
}

function isUsable(name: string, environment: Environment): boolean {
  // A CGI program gets the request's header Proxy as HTTP_PROXY, which any client can set (httpoxy).
  if (name === 'HTTP_PROXY' && environment.REQUEST_METHOD !== undefined) return false;
  return (environment[name] ?? '').trim() !== '';
}

function isLoopback(hostname: string): boolean {
  return /^(.*\.)?localhost\.?$|^::1$/i.test(hostname) || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}

/**
 * Whether `no_proxy` names the host: by name, with all its subdomains, by address, or by a network in CIDR notation.
 */
function isExcepted({ hostname, port }: Destination, environment: Environment): boolean {
  const entries = (environment.no_proxy ?? environment.NO_PROXY ?? '').split(/[\s,]+/).filter(entry => entry !== '');
  const host = hostname.toLowerCase().replace(/\.$/, '');
  return entries.some(entry => {
    if (entry === '*') return true;
    const [, name, portOfEntry] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [undefined, entry, undefined];
    if (portOfEntry !== undefined && Number(portOfEntry) !== port) return false;
    const plain = withoutBrackets(name!).toLowerCase();
    return isIP(host) === 0 ? isInDomain(host, plain) : isInNetwork(host, plain);
  });
}

/** Whether a host is in a domain. A leading dot or `*.` makes no difference. */
function isInDomain(host: string, domain: string): boolean {
  const name = domain.replace(/^\*?\./, '').replace(/\.$/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix] = network.split('/');
  const family = isIP(address);
  if (family === 0 || family !== isIP(host)) return false;
  const longest = family === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d+$/.test(prefix)) return false;
  const bits = Number(prefix ?? longest);
  if (bits > longest) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, bits, type);
  return list.check(host, type);
}
