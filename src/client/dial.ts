import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { URL } from 'node:url';
import { invalidType, typeError } from '../errors.js';
import type { OptionNames } from '../option-names.js';
import type { Transport } from '../transport/transport.js';
import { connectDirectly } from './direct.js';
import { proxyFromEnvironment } from './proxy/environment.js';
import { type ProxyOptions, parseProxy } from './proxy/proxy.js';
import { connectThrough } from './proxy/tunnel.js';
import { checkSocketOptions, type SocketOptions } from './socket-options.js';
import type { Destination } from './url.js';

/** Options of the built-in dialer. */
export interface DialOptions {
  /** Options of the TCP socket. */
  readonly socket?: SocketOptions | undefined;
  /** Options of node:tls for wss:, such as `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`. */
  readonly tls?: ConnectionOptions | undefined;
  /**
   * A proxy to connect through: its URL (`http:`, `https:`, `socks5:`, or `socks5h:` to leave the host name to it), an
   * object with the URL and options, or `'env'` for the one that the environment names (`HTTPS_PROXY` for wss:,
   * `HTTP_PROXY` for ws:, `ALL_PROXY`, `NO_PROXY`). Default: none.
   */
  readonly proxy?: 'env' | (string & {}) | URL | ProxyOptions | undefined;
}

export const DIAL_OPTION_NAMES: OptionNames<DialOptions> = { socket: true, tls: true, proxy: true };

/**
 * Opens the transport for one attempt to connect. dial() is the default.
 *
 * The transport must be ready for the opening handshake: if `destination.secure`, TLS is established (see startTls()).
 * An error before that rejects. A HandshakeError is passed on as it is, for example one with phase `proxy`. Any other
 * error becomes the `cause` of a HandshakeError with phase `connect`.
 *
 * A redirect calls the function again, with the new destination.
 *
 * @param destination the host, port and path of the URL
 * @param signal is aborted when `handshakeTimeout` is over, or by the `signal` of connect(). A transport that is
 *   returned later is destroyed
 * @param options the options `socket`, `tls` and `proxy` of connect(). After a redirect to another origin, `tls` has no
 *   client certificate
 */
export type Dial = (destination: Destination, signal: AbortSignal, options: DialOptions) => Promise<Duplex | Transport>;

/**
 * Opens a TCP connection or a Unix domain socket, through a proxy if the options name one, with TLS if
 * `destination.secure`. connect() uses it unless there is another `dial` function, which may use it too.
 *
 * Nothing is read from the socket. It ignores errors until it has another listener for them.
 *
 * @param signal ends the attempt. Its reason becomes the cause
 * @throws {HandshakeError} with the phase that failed: `dns`, `connect`, `proxy` or `tls`
 * @throws {TypeError | RangeError} if an option is wrong
 */
export async function dial(destination: Destination, signal: AbortSignal, options: DialOptions = {}): Promise<Socket> {
  const { socket = {}, tls, proxy } = checkDialOptions(options);
  const via = proxy === 'env' ? proxyFromEnvironment(destination) : proxy && parseProxy(proxy);
  if (via === undefined || destination.socketPath !== undefined) {
    return await connectDirectly(destination, signal, socket, tls);
  }
  return await connectThrough(via, destination, signal, socket, tls);
}

/**
 * Checks the options `socket`, `tls` and `proxy`.
 *
 * @returns copies
 * @throws {TypeError | RangeError} that names the option, what it may be and what it was
 */
export function checkDialOptions({ socket, tls, proxy }: DialOptions): DialOptions {
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw invalidType('tls', 'an object', tls);
  for (const name of ['path', 'socket', 'lookup'] as const) {
    if (tls?.[name] === undefined) continue;
    throw typeError(
      `tls.${name} is not available: ${name === 'lookup' ? "use 'socket.lookup'" : 'the url says where to connect'}`,
    );
  }
  if (proxy !== undefined && proxy !== 'env') parseProxy(proxy);
  return {
    ...(socket === undefined ? {} : { socket: checkSocketOptions(socket) }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}
