import net, { type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { invalidType, typeError } from '../errors.js';
import type { OptionNames } from '../option-names.js';
import type { Transport } from '../transport/transport.js';
import { connectToFirst } from './address-race.js';
import { addressesOf } from './addresses.js';
import { dialError } from './dial-error.js';
import { checkSocketOptions, DEFAULT_ATTEMPT_DELAY, type SocketOptions } from './socket-options.js';
import { secureContextOf, startTls } from './tls.js';
import type { Destination } from './url.js';

/** Options of the built-in dialer. */
export interface DialOptions {
  /** Options of the TCP socket. */
  readonly socket?: SocketOptions;
  /** Options of node:tls for wss:, such as `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`. */
  readonly tls?: ConnectionOptions;
}

export const DIAL_OPTION_NAMES: OptionNames<DialOptions> = { socket: true, tls: true };

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
 * @param options the options `socket` and `tls` of connect(). After a redirect to another origin, `tls` has no client
 *   certificate
 */
export type Dial = (destination: Destination, signal: AbortSignal, options: DialOptions) => Promise<Duplex | Transport>;

/**
 * Opens a TCP connection or a Unix domain socket, with TLS if `destination.secure`. connect() uses it unless there is
 * another `dial` function, which may use it too.
 *
 * Nothing is read from the socket. It ignores errors until it has another listener for them.
 *
 * @param signal ends the attempt. Its reason becomes the cause
 * @throws {HandshakeError} with the phase that failed: `dns`, `connect` or `tls`
 * @throws {TypeError | RangeError} if an option is wrong
 */
export async function dial(destination: Destination, signal: AbortSignal, options: DialOptions = {}): Promise<Socket> {
  const { socket: socketOptions = {}, tls } = checkDialOptions(options);
  if (!destination.secure) return await connectSocket(destination, signal, socketOptions);
  // A wrong certificate fails before anything is opened.
  const secureContext = secureContextOf(destination, signal, tls);
  const socket = await connectSocket(destination, signal, socketOptions);
  return await startTls(socket, destination, signal, { ...tls, secureContext });
}

/**
 * Checks the options `socket` and `tls`.
 *
 * @returns copies
 * @throws {TypeError | RangeError} that names the option, what it may be and what it was
 */
export function checkDialOptions({ socket, tls }: DialOptions): DialOptions {
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw invalidType('tls', 'an object', tls);
  for (const name of ['path', 'socket', 'lookup'] as const) {
    if (tls?.[name] === undefined) continue;
    throw typeError(
      `tls.${name} is not available: ${name === 'lookup' ? "use 'socket.lookup'" : 'the url says where to connect'}`,
    );
  }
  return {
    ...(socket === undefined ? {} : { socket: checkSocketOptions(socket) }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  };
}

async function connectSocket(
  destination: Destination,
  signal: AbortSignal,
  { lookup, family, attemptDelay = DEFAULT_ATTEMPT_DELAY, ...options }: SocketOptions,
): Promise<Socket> {
  const { hostname, port, socketPath } = destination;
  let phase: 'dns' | 'connect' = 'dns';
  try {
    const ofLocalAddress = net.isIP(options.localAddress ?? '') as 0 | 4 | 6;
    const lookupOptions = { family: family || ofLocalAddress, ...(lookup === undefined ? {} : { lookup }) };
    const addresses = socketPath === undefined ? await addressesOf(hostname, lookupOptions, signal) : [socketPath];
    phase = 'connect';
    // allowHalfOpen: the protocol decides who ends TCP first, not Node.
    const connect = (address: string) =>
      socketPath === undefined
        ? net.connect({ host: address, port, allowHalfOpen: true, ...options })
        : net.connect({ path: socketPath, allowHalfOpen: true });
    const socket = await connectToFirst(addresses, { connect, attemptDelay }, signal);
    socket.setNoDelay(true);
    return socket;
  } catch (cause) {
    throw dialError(cause, phase, 'network', destination, signal);
  }
}
