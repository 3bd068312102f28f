/** DNS, TCP and proxies: rules for a connection that never reached the server. */
import { problem, type Rule, warning } from './diagnosis.js';
import type { AddressFacts, Facts } from './facts.js';

const REFUSED = 'ECONNREFUSED';

export const reachRules: readonly Rule[] = [unresolved, viaProxy, noSocket, notConnected];

function unresolved({ resolution, target, failure }: Facts) {
  // A proxy that gets addresses lets the client look up the name.
  const code = resolution?.code ?? (failure?.phase === 'dns' ? (failure.code ?? failure.stop) : undefined);
  if (code === undefined || target === undefined) return undefined;
  const { hostname } = target;
  if (code !== 'ENOTFOUND' && code !== 'ENODATA') {
    return problem(
      'dns-unavailable',
      `the name server does not answer when asked for ${hostname}`,
      'Check the network of this machine and its name server (/etc/resolv.conf).',
    );
  }
  const isShort = !hostname.includes('.') && !hostname.includes(':');
  return problem(
    'name-not-found',
    `the host name ${hostname} does not exist in DNS`,
    isShort
      ? 'A name without a dot exists only inside a network, such as that of Docker Compose or Kubernetes: run the client there, or use the published address.'
      : `Check the spelling. If the name is new, its DNS record may be missing or not yet visible.${
          target.proxy?.startsWith('socks5:') ? ' With socks5h:// the proxy looks it up.' : ''
        }`,
  );
}

function viaProxy({ failure, target }: Facts) {
  if (failure?.phase !== 'proxy') return undefined;
  const { summary, code } = failure;
  const proxy = target?.proxy ?? 'the proxy';
  if (/\b407\b/.test(summary)) {
    return problem(
      'proxy-credentials',
      `the proxy ${proxy} requires credentials`,
      'Put them into its URL: --proxy http://user:password@host:port.',
    );
  }
  if (code !== undefined) {
    return problem(
      'proxy-unreachable',
      `the proxy ${proxy} cannot be reached: ${summary}`,
      'Check its address and port.',
    );
  }
  return problem(
    'proxy-refused',
    `${summary}: it does not open a tunnel to ${target?.hostname ?? 'the server'}`,
    'The proxy must allow CONNECT to this host and port. Many allow port 443 only: try wss://.',
  );
}

/** A Unix domain socket has no addresses. */
function noSocket({ failure, addresses, target }: Facts) {
  if (failure?.phase !== 'connect' || addresses !== undefined || target === undefined) return undefined;
  const { code = '', summary } = failure;
  if (code === 'EACCES')
    return problem(
      'not-connected',
      `this user may not open ${target.hostname}`,
      'Check the permissions of the socket and of its folder.',
    );
  return problem(
    code === 'ENOENT' || code === REFUSED ? 'nothing-listens' : 'not-connected',
    code === 'ENOENT'
      ? `there is no socket at ${target.hostname}`
      : code === REFUSED
        ? `nothing listens at ${target.hostname}`
        : summary,
    'Check that the server runs and that the path is right. A socket file may remain after its server has ended.',
  );
}

function notConnected({ addresses, target, retries, listensAt }: Facts) {
  if (addresses === undefined || target === undefined || addresses.length === 0) return undefined;
  if (addresses.some(isConnected)) return undefined;
  const where = `${target.hostname} port ${target.port}`;
  const outcomes = new Set(addresses.map(({ outcome }) => outcome));
  const elsewhere = retries?.find(({ change, isOpen }) => change === 'scheme' && isOpen)?.value;
  if (elsewhere !== undefined) {
    return problem(
      'wrong-port',
      `nothing answers at ${where}, but the WebSocket opens at ${elsewhere}`,
      `Use ${elsewhere}.`,
    );
  }
  if (listensAt !== undefined) {
    return problem(
      'other-loopback',
      `nothing listens at ${addresses.map(({ address }) => address).join(' and ')} port ${target.port}, but something does at ${listensAt}`,
      `The server listens on one address family only, and the client uses the other: let it listen on :: (both), or connect to ${listensAt.includes(':') ? `[${listensAt}]` : listensAt}.`,
    );
  }
  if (outcomes.has(REFUSED)) {
    const isLocal = addresses.every(({ address }) => address === '::1' || address.startsWith('127.'));
    return problem(
      'nothing-listens',
      `nothing listens at ${where}: the connection is refused`,
      `Check that the server runs and that the port is right${
        isLocal
          ? '. In a container or on another machine, localhost is not where the server is'
          : '. A server that listens on 127.0.0.1 only cannot be reached from other machines: let it listen on 0.0.0.0 or ::'
      }.`,
    );
  }
  if (outcomes.has('timeout') || outcomes.has('ETIMEDOUT')) {
    return problem(
      'no-answer',
      `${where} does not answer: packets are dropped on the way`,
      'Check the address, and allow the port in the firewall or the security group of the server.',
    );
  }
  if (outcomes.has('EHOSTUNREACH') || outcomes.has('ENETUNREACH') || outcomes.has('EADDRNOTAVAIL')) {
    return problem(
      'unreachable',
      `there is no route from this machine to ${addresses.map(({ address }) => address).join(', ')}`,
      'Check the network and the VPN. If the address is IPv6 and this network has none, the name needs an IPv4 address.',
    );
  }
  return problem(
    'not-connected',
    `TCP to ${where} fails: ${[...outcomes].join(', ')}`,
    'Check the address, the port and the network.',
  );
}

/** Some addresses of the name work and others do not. Clients that try one address only fail by chance. */
export function deadAddress({ addresses = [], target }: Facts): ReturnType<Rule> {
  const dead = addresses.filter(one => !isConnected(one));
  const alive = addresses.filter(isConnected);
  if (dead.length === 0 || alive.length === 0 || target === undefined) return undefined;
  const family = dead.every(one => one.family === 6)
    ? 'IPv6'
    : dead.every(one => one.family === 4)
      ? 'IPv4'
      : undefined;
  const isWholeFamily = family !== undefined && alive.every(one => one.family !== dead[0]!.family);
  // This machine has no route in this family: it says nothing about the server.
  if (dead.every(({ outcome }) => outcome === 'ENETUNREACH' || outcome === 'EADDRNOTAVAIL')) return undefined;
  const list = dead
    .map(({ address, outcome }) => `${address} (${outcome === REFUSED ? 'refused' : outcome})`)
    .join(', ');
  return warning(
    isWholeFamily ? `${family.toLowerCase()}-dead` : 'address-dead',
    `${target.hostname} also resolves to ${list}, which does not connect`,
    isWholeFamily
      ? `Clients that try ${family} first wait or fail: let the server listen on ${family} too, or remove the ${family === 'IPv6' ? 'AAAA' : 'A'} record.`
      : 'Some clients get this address and fail: repair it, or remove it from DNS.',
  );
}

function isConnected({ outcome }: AddressFacts): boolean {
  return outcome === 'connected';
}
