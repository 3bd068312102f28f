import type { Server as HttpServer } from 'node:http';
import net from 'node:net';
import type { TlsOptions } from 'node:tls';
import { checkInteger } from '../../connection/options.js';
import { invalidType, invalidValue, typeError } from '../../errors.js';
import { socketPathFault } from '../../transport/socket-path.js';
import type { ServerOptions } from '../options.js';

/** The options that say where upgrades come from. Exactly one of these is needed. */
const SOURCES = ['port', 'socketPath', 'server', 'noServer'] as const;

type Source = (typeof SOURCES)[number];

/** The sources with a listener of our own. */
const LISTENING: readonly Source[] = ['port', 'socketPath'];

/** Options that work with some sources only. With another source they would be silently ignored. */
const NEEDED_SOURCES: { readonly [name in keyof ServerOptions]?: readonly Source[] } = {
  host: ['port'],
  backlog: LISTENING,
  tls: LISTENING,
  respond: LISTENING,
  handshakeTimeout: LISTENING,
  maxHeadSize: LISTENING,
  maxHeaderLines: LISTENING,
};

/** The backlog is a C int. */
const MAX_BACKLOG = 2 ** 31 - 1;

/**
 * Checks the options that say where upgrades come from: a port, a socket path, a server of Node, or handleUpgrade().
 *
 * @throws {TypeError | RangeError} that names the option
 */
export function checkListenOptions<Context>(options: ServerOptions<Context>): void {
  const { port, host, socketPath, backlog, tls, server, noServer } = options;
  if (noServer !== undefined && typeof noServer !== 'boolean') throw invalidType('noServer', 'a boolean', noServer);
  const source = sourceOf(options);
  if (port !== undefined) checkInteger('port', port, 0, 65_535);
  if (backlog !== undefined) checkInteger('backlog', backlog, 1, MAX_BACKLOG);
  if (host !== undefined && typeof host !== 'string') throw invalidType('host', 'a string', host);
  // The system would ignore the NUL and everything after it.
  if (host?.includes('\0')) throw invalidValue('host', 'a host name or an IP address, without NUL', host);
  if (socketPath !== undefined && typeof socketPath !== 'string') {
    throw invalidType('socketPath', 'a string', socketPath);
  }
  const pathFault = socketPath === undefined ? undefined : socketPathFault(socketPath);
  if (pathFault !== undefined) throw invalidValue('socketPath', pathFault, socketPath);
  // Node listens on all addresses if the host is empty. But an empty host is most likely a variable that was not set.
  if (host === '')
    throw invalidValue('host', 'a host name or an IP address (leave it out to listen on all addresses)', host);
  if (server !== undefined && !speaksHttp1(server)) {
    throw invalidType('server', 'a server of node:http or node:https, which emits `upgrade`', server);
  }
  for (const [name, sources] of Object.entries(NEEDED_SOURCES)) {
    if (options[name as keyof ServerOptions] === undefined || sources.includes(source)) continue;
    throw typeError(`${name} works with ${sources.join(' or ')} only: leave it out next to ${source}`);
  }
  if (tls !== undefined) checkTls(tls);
}

function sourceOf<Context>(options: ServerOptions<Context>): Source {
  const given = SOURCES.filter(name => options[name] !== undefined && options[name] !== false);
  if (given.length === 0) throw typeError(`Pass one of: ${SOURCES.join(', ')}`);
  if (given.length > 1) throw typeError(`Pass only one of: ${SOURCES.join(', ')} (got ${given.join(' and ')})`);
  return given[0]!;
}

/**
 * Whether a server may emit `upgrade`. It is recognised by its methods, because a server of another runtime or realm is
 * not an instance of Node's classes: servers of node:net and node:tls have no setTimeout(), and one of node:http2 has a
 * `requestTimeout` only if it also speaks HTTP/1.1.
 */
function speaksHttp1(server: object): boolean {
  const { on, setTimeout, requestTimeout } = Object(server) as Partial<HttpServer>;
  if (typeof on !== 'function' || typeof setTimeout !== 'function') return false;
  return !(server instanceof net.Server) || requestTimeout !== undefined;
}

/**
 * Checks that there is a certificate: without one, node:tls listens but refuses every client. Node checks the other
 * options.
 */
function checkTls(tls: TlsOptions): void {
  if (typeof tls !== 'object' || tls === null) throw invalidType('tls', 'an object', tls);
  const { cert, key, pfx, SNICallback, pskCallback } = tls;
  if ((cert !== undefined && key !== undefined) || pfx || SNICallback || pskCallback) return;
  throw invalidValue('tls', 'an object with cert and key, or with pfx, SNICallback or pskCallback', tls);
}
