import net, { type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connectToFirst } from './address-race.js';
import { addressesOf } from './addresses.js';
import { dialError } from './dial-error.js';
import { DEFAULT_ATTEMPT_DELAY, type SocketOptions } from './socket-options.js';
import { secureContextOf, startTls } from './tls.js';
import type { Destination } from './url.js';

/**
 * Opens a TCP connection or a Unix domain socket without a proxy, with TLS if `destination.secure`.
 *
 * @throws {HandshakeError} with the phase that failed: `dns`, `connect` or `tls`
 */
export async function connectDirectly(
  destination: Destination,
  signal: AbortSignal,
  socketOptions: SocketOptions,
  tls: ConnectionOptions | undefined,
): Promise<Socket> {
  if (!destination.secure) return await connectSocket(destination, signal, socketOptions);
  // A wrong certificate fails before anything is opened.
  const secureContext = secureContextOf(destination, tls);
  const socket = await connectSocket(destination, signal, socketOptions);
  return await startTls(socket, destination, signal, { ...tls, secureContext });
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
