import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import net from 'node:net';
import type { TlsOptions } from 'node:tls';
import { callOption } from '../application-code.js';
import {
  CONNECTION_OPTION_NAMES,
  type ConnectionOptions,
  type ConnectionSettings,
  checkInteger,
  MAX_TIME,
  resolveConnectionOptions,
} from '../connection/options.js';
import { invalidType, invalidValue } from '../errors.js';
import type { HeadLimits } from '../handshake/http1/head-reader.js';
import {
  SERVER_HANDSHAKE_OPTION_NAMES,
  ServerHandshake,
  type ServerHandshakeOptions,
} from '../handshake/http1/server-handshake.js';
import type { RefusalOptions } from '../handshake/refusal.js';
import type { RequestSummary, UpgradeRequest } from '../handshake/request.js';
import { checkSubprotocols, selectSubprotocol } from '../handshake/subprotocol.js';
import { UpgradePolicy } from '../handshake/upgrade-policy.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import {
  type DeflateSettings,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../permessage-deflate/index.js';
import { socketPathFault } from '../transport/socket-path.js';
import type { TransportInfo } from '../transport/transport-info.js';
import { WS_SERVER_OPTIONS } from '../ws-option-names.js';

/** A request that was found valid, with what authorize() made of it. */
export interface ServerRequest<Context = unknown> extends UpgradeRequest {
  readonly transport: TransportInfo;
  /** What authorize() gave. */
  readonly context: Accepted<Context>;
}

/** A request that was refused, valid or not. A valid one has everything that a PendingRequest has. */
export interface RefusedRequest extends RequestSummary {
  readonly transport: TransportInfo;
}

/** What of all that authorize() may give is a context. */
export type Accepted<Context> = Exclude<Context, Denial | false | null>;

/** "No": any status from 300 to 599, with the headers and the body of the response. A Refusal is one too. */
export interface Denial extends RefusalOptions {
  readonly status: number;
}

/** A request that authorize() is asked about. */
export type PendingRequest = Omit<ServerRequest, 'context'>;

/**
 * Decides on a valid request. A Denial or a Refusal refuses it, and so do false and null (with 403). Where it throws, rejects, gives
 * undefined, or an object that has a numeric `status` and is no Denial, the request is refused with 500, and the server told by
 * `handlerError`. Anything else accepts it, and becomes the request's `context`. `signal` is aborted when the client has gone or
 * `authorizeTimeout` is over.
 */
export type Authorize<Context> = (
  request: PendingRequest,
  options: { readonly signal: AbortSignal },
) => Context | Denial | false | null | Promise<Context | Denial | false | null>;

export interface ServerOptions<Context = unknown> extends ConnectionOptions, ServerHandshakeOptions {
  /** Port to listen on; 0 takes a free one. Without `port` and `socketPath`, `server` or `noServer` is needed. */
  readonly port?: number;
  /** Address to listen on; all of them if left out. */
  readonly host?: string;
  /** Path of a Unix domain socket to listen on, in place of port and host. */
  readonly socketPath?: string;
  /** Connections that the kernel may hold for us. Node's default is 511. */
  readonly backlog?: number;
  /** Makes it wss: at least `cert` and `key`, as for node:tls. */
  readonly tls?: TlsOptions;
  /**
   * Stands on a server of node's, beside its pages and its API. That one keeps its own limits and deadlines for heads. Several may stand
   * on one, each with a path of its own; the one without a path has the others.
   */
  readonly server?: HttpServer | HttpsServer;
  /** Listens to nothing: requests come by handleUpgrade(). */
  readonly noServer?: boolean;
  /** Those that are spoken here: of these, the client's preferred one is chosen. Or a choice among those that the client offers. */
  readonly subprotocols?:
    | readonly string[]
    | ((offered: readonly string[], request: PendingRequest) => string | undefined);
  /** Compression by permessage-deflate (RFC 7692), where the client offers it: true, or how. Off if left out. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions;
  readonly authorize?: Authorize<Context>;
  /** How long authorize() may take. Default 10 s; then the request is refused with 503. */
  readonly authorizeTimeout?: number;
  /** More connections than this are refused with 503. Unbounded if left out. */
  readonly maxConnections?: number;
  /** How long the opening handshake may take, from TCP accept to the end of the request, TLS included. Default 10 s; then 408. */
  readonly handshakeTimeout?: number;
}

export const SERVER_OPTION_NAMES: OptionNames<ServerOptions> = {
  ...CONNECTION_OPTION_NAMES,
  ...SERVER_HANDSHAKE_OPTION_NAMES,
  port: true,
  host: true,
  socketPath: true,
  backlog: true,
  tls: true,
  server: true,
  noServer: true,
  subprotocols: true,
  perMessageDeflate: true,
  authorize: true,
  authorizeTimeout: true,
  maxConnections: true,
  handshakeTimeout: true,
};

/** Where a server lives. */
export type Home = Pick<ServerOptions, 'port' | 'host' | 'socketPath' | 'backlog' | 'tls' | 'server' | 'noServer'>;

/** The options, checked, and with the defaults in the gaps. */
export interface ServerSettings<Context> {
  readonly connection: ConnectionSettings;
  readonly headLimits: HeadLimits;
  readonly policy: UpgradePolicy;
  readonly chooseSubprotocol: (request: PendingRequest) => string | undefined;
  readonly deflate: DeflateSettings | undefined;
  readonly authorize: Authorize<Context> | undefined;
  readonly authorizeTimeout: number;
  readonly maxConnections: number;
  readonly handshakeTimeout: number;
}

/** listen() takes it as an int. */
const MAX_BACKLOG = 2 ** 31 - 1;

/** @throws {TypeError | RangeError} naming the option, what it may be and what it was */
export function resolveServerOptions<Context>(options: ServerOptions<Context>): ServerSettings<Context> {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, SERVER_OPTION_NAMES, '', WS_SERVER_OPTIONS);
  checkHome(options);
  const { authorize, authorizeTimeout = 10_000, handshakeTimeout = 10_000 } = options;
  const { maxConnections = Number.MAX_SAFE_INTEGER } = options;
  if (authorize !== undefined && typeof authorize !== 'function')
    throw invalidType('authorize', 'a function', authorize);
  checkInteger('authorizeTimeout', authorizeTimeout, 1, MAX_TIME);
  checkInteger('handshakeTimeout', handshakeTimeout, 1, MAX_TIME);
  checkInteger('maxConnections', maxConnections, 0, Number.MAX_SAFE_INTEGER);
  const { path, origins, hosts, maxHeadSize, maxHeaderLines } = options;
  const policy = new UpgradePolicy({ path, origins, hosts });
  const headLimits = { maxHeadSize, maxHeaderLines };
  // Made here already, so that a limit that is none throws now, and not at the first client.
  new ServerHandshake(headLimits, policy);
  return {
    connection: resolveConnectionOptions(options),
    headLimits,
    policy,
    chooseSubprotocol: subprotocolChoice(options.subprotocols),
    deflate: resolvePerMessageDeflate(options.perMessageDeflate, 'server'),
    authorize,
    authorizeTimeout,
    maxConnections,
    handshakeTimeout,
  };
}

const HOMES = ['port', 'socketPath', 'server', 'noServer'] as const;

const OWN_HOMES = ['port', 'socketPath'] as const;

/** What only a server that listens, and reads requests itself, can keep to: beside another home it would do nothing, in silence. */
const FOR_HOMES: { readonly [name in keyof ServerOptions]?: readonly (typeof HOMES)[number][] } = {
  host: ['port'],
  backlog: OWN_HOMES,
  tls: OWN_HOMES,
  handshakeTimeout: OWN_HOMES,
  maxHeadSize: OWN_HOMES,
  maxHeaderLines: OWN_HOMES,
};

/** A server lives in one place: a port, a socket path, a server of node's, or nowhere. */
function checkHome<Context>(options: ServerOptions<Context>): void {
  const { port, host, socketPath, backlog, tls, server, noServer } = options;
  if (noServer !== undefined && typeof noServer !== 'boolean') throw invalidType('noServer', 'a boolean', noServer);
  const homes = HOMES.filter(name => options[name] !== undefined && options[name] !== false);
  if (homes.length !== 1) {
    const given = homes.join(', ') || 'none of them';
    throw invalidType('options', `an object with exactly one of ${HOMES.join(', ')}`, given);
  }
  if (port !== undefined) checkInteger('port', port, 0, 65_535);
  if (backlog !== undefined) checkInteger('backlog', backlog, 1, MAX_BACKLOG);
  if (host !== undefined && typeof host !== 'string') throw invalidType('host', 'a string', host);
  // The system would end the name at the NUL, and listen there.
  if (host?.includes('\0')) throw invalidValue('host', 'a host name or an IP address, without NUL', host);
  if (socketPath !== undefined && typeof socketPath !== 'string') {
    throw invalidType('socketPath', 'a string', socketPath);
  }
  const pathFault = socketPath === undefined ? undefined : socketPathFault(socketPath);
  if (pathFault !== undefined) throw invalidValue('socketPath', pathFault, socketPath);
  // Node takes an empty host for all addresses. It is more often a variable that was not set.
  if (host === '') throw invalidValue('host', 'an address or a name (all addresses if left out)', host);
  if (server !== undefined && !speaksHttp1(server)) {
    throw invalidType('server', 'a server of node:http or node:https, which emits `upgrade`', server);
  }
  for (const [name, theirs] of Object.entries(FOR_HOMES)) {
    const value = options[name as keyof ServerOptions];
    if (value === undefined || theirs.includes(homes[0]!)) continue;
    throw invalidType(name, `left out beside ${homes[0]} (it is for ${theirs.join(' and ')})`, value);
  }
  if (tls !== undefined) checkTls(tls);
}

/**
 * Whether a server may emit `upgrade`. It is known by its shape, since that of another runtime or another realm is no instance of ours:
 * one of node:net or node:tls has no setTimeout(), and one of node:http2 has a `requestTimeout` only if it speaks HTTP/1.1 too.
 */
function speaksHttp1(server: object): boolean {
  const { on, setTimeout, requestTimeout } = Object(server) as Partial<HttpServer>;
  if (typeof on !== 'function' || typeof setTimeout !== 'function') return false;
  return !(server instanceof net.Server) || requestTimeout !== undefined;
}

/** Where there is no certificate, node:tls listens all the same, and refuses every client. What else it takes is for node to say. */
function checkTls(tls: TlsOptions): void {
  if (typeof tls !== 'object' || tls === null) throw invalidType('tls', 'an object', tls);
  const { cert, key, pfx, SNICallback, pskCallback } = tls;
  if ((cert !== undefined && key !== undefined) || pfx || SNICallback || pskCallback) return;
  throw invalidType('tls', 'an object with cert and key, or with pfx, SNICallback or pskCallback', tls);
}

function subprotocolChoice(
  subprotocols: ServerOptions['subprotocols'],
): (request: PendingRequest) => string | undefined {
  if (subprotocols === undefined) return () => undefined;
  if (typeof subprotocols === 'function') {
    return request =>
      callOption('subprotocols', 'a string or undefined', () => subprotocols(request.subprotocols, request));
  }
  const supported = checkSubprotocols(subprotocols);
  return ({ subprotocols: offered }) => selectSubprotocol(offered, supported);
}
