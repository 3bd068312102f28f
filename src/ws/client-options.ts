import type { ClientRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { rangeError } from '../errors.js';
import { MAX_BUFFERED_CHUNKS, MAX_FRAGMENTS, MAX_PAYLOAD } from './constants.js';
import { isToken } from './header-tokens.js';
import type { PerMessageDeflateOptions } from './per-message-deflate.js';
import type { WebSocket } from './public-types.js';
import type { LinkOptions } from './socket-link.js';

/** Options of a client. All others are passed to http.request() or https.request(). */
export interface ClientOptions
  extends LinkOptions,
    Omit<RequestOptions, 'checkServerIdentity' | 'createConnection' | 'protocol'> {
  autoPong?: boolean | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: `@types/ws` declares it otherwise than Node does
  checkServerIdentity?(hostname: string, certificate: any): any;
  closeTimeout?: number | undefined;
  createConnection?: ((options: never, callback: never) => Duplex) | undefined;
  finishRequest?: ((request: ClientRequest, websocket: WebSocket) => void) | undefined;
  followRedirects?: boolean | undefined;
  handshakeTimeout?: number | undefined;
  maxPendingAutoPongs?: number | undefined;
  maxRedirects?: number | undefined;
  origin?: string | undefined;
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  protocol?: string | undefined;
  protocols?: string | string[] | undefined;
  protocolVersion?: number | undefined;
  /** Only for a WebSocket that gets its socket by setSocket(). */
  isServer?: boolean | undefined;
}

interface Defaults {
  readonly allowSynchronousEvents: boolean;
  readonly followRedirects: boolean;
  readonly maxBufferedChunks: number;
  readonly maxFragments: number;
  readonly maxPayload: number;
  readonly maxRedirects: number;
  readonly perMessageDeflate: boolean | PerMessageDeflateOptions;
  readonly protocolVersion: number;
  readonly skipUTF8Validation: boolean;
}

/** Options with their defaults, and with what each request sets. */
export type ResolvedOptions = Omit<ClientOptions, keyof Defaults> &
  Defaults & { headers: Record<string, unknown>; timeout?: number | undefined };

const DEFAULTS: Defaults = {
  allowSynchronousEvents: true,
  followRedirects: false,
  maxBufferedChunks: MAX_BUFFERED_CHUNKS,
  maxFragments: MAX_FRAGMENTS,
  maxPayload: MAX_PAYLOAD,
  maxRedirects: 10,
  perMessageDeflate: true,
  protocolVersion: 13,
  skipUTF8Validation: false,
};

const PROTOCOL_VERSIONS = [8, 13];

/**
 * Adds the defaults. Removes options for the address of the request, which the URL determines.
 *
 * @throws {RangeError} for a version of the protocol that is not supported
 */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const resolved = {
    ...DEFAULTS,
    ...options,
    headers: { ...(options.headers as Record<string, unknown>) },
    method: 'GET',
    ...{ socketPath: undefined, hostname: undefined, protocol: undefined, timeout: undefined },
    ...{ host: undefined, path: undefined, port: undefined },
  } as unknown as ResolvedOptions;
  if (!PROTOCOL_VERSIONS.includes(resolved.protocolVersion)) {
    const supported = `(supported versions: ${PROTOCOL_VERSIONS.join(', ')})`;
    throw rangeError(`Unsupported protocol version: ${resolved.protocolVersion} ${supported}`);
  }
  return resolved;
}

/** The server and the resource of a URL. */
export interface Target {
  readonly url: URL;
  readonly isSecure: boolean;
  /** The path of a Unix domain socket or a named pipe, of a URL with the scheme ws+unix. */
  readonly socketPath: string | undefined;
  /** The path and query of the request. */
  readonly path: string;
}

/**
 * Returns the server and the resource of a URL.
 *
 * @throws {SyntaxError} for a URL that is not a WebSocket URL
 */
export function parseTarget(address: string | URL): Target {
  const url = parseUrl(address);
  // The setter accepts this change, because http and ws are both special schemes of the URL standard.
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  const isSecure = url.protocol === 'wss:';
  const isIpc = url.protocol === 'ws+unix:';
  if (!isSecure && !isIpc && url.protocol !== 'ws:') {
    throw new SyntaxError(`The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`);
  }
  if (isIpc && url.pathname === '') throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');
  const path = url.pathname + url.search;
  if (!isIpc) return { url, isSecure, socketPath: undefined, path };
  const colon = path.indexOf(':');
  return colon === -1
    ? { url, isSecure, socketPath: path, path: '' }
    : { url, isSecure, socketPath: path.slice(0, colon), path: path.slice(colon + 1) };
}

function parseUrl(address: string | URL): URL {
  try {
    return new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
}

/**
 * Returns the subprotocols as a set.
 *
 * @throws {SyntaxError} for a name that is not a token or appears twice (RFC 6455 §4.1)
 */
export function checkProtocols(protocols: readonly string[]): Set<string> {
  const names = new Set(protocols);
  if (names.size < protocols.length || !protocols.every(name => typeof name === 'string' && isToken(name))) {
    throw new SyntaxError('An invalid or duplicated subprotocol was specified');
  }
  return names;
}

/** Sets the options that depend on the URL. */
export function setTarget(options: ResolvedOptions, { url, isSecure, socketPath, path }: Target): void {
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  Object.assign(options, {
    createConnection: options.createConnection ?? (isSecure ? tlsConnect : netConnect),
    defaultPort: isSecure ? 443 : 80,
    port: url.port || (isSecure ? 443 : 80),
    host: hostname,
    path,
    socketPath,
    timeout: options.handshakeTimeout,
  });
  if (url.username === '' && url.password === '') return;
  options.auth = `${decode(url.username)}:${decode(url.password)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type ConnectOptions = { path?: string | undefined; socketPath?: string; servername?: string; host: string };

function netConnect(options: ConnectOptions): Duplex {
  return net.connect({ ...options, path: options.socketPath } as net.NetConnectOpts);
}

function tlsConnect(options: ConnectOptions): Duplex {
  // An IP address must not be a server name (RFC 6066 §3).
  const servername = options.servername ?? (net.isIP(options.host) === 0 ? options.host : '');
  return tls.connect({ ...options, path: undefined, servername } as tls.ConnectionOptions);
}
