import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls';
import { callOption } from '../application-code.js';
import { type Fault, type HandlerError, HandshakeError } from '../errors.js';
import { dialError } from './dial-error.js';
import { established } from './established.js';
import { messageOf } from './failure.js';
import type { Destination } from './url.js';

/**
 * Starts TLS over a connected Duplex: the last step of a custom dial function if `destination.secure`. For example,
 * over the tunnel that a proxy has opened.
 *
 * @param signal ends the handshake. Its reason becomes the cause
 * @param options options of `tls.connect()`, such as those that connect() passes to a dial function
 * @returns the TLS socket when its handshake is complete. It ignores errors until it has another listener for them
 * @throws {HandshakeError} with phase `tls`. Both sockets are destroyed
 */
export async function startTls(
  duplex: Duplex,
  destination: Destination,
  signal: AbortSignal,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  // The options of node:tls have not been checked. A synchronous exception means that one of them is wrong.
  let fault: Fault = 'caller';
  try {
    const socket = connect(duplex, destination, options);
    fault = 'network';
    await established(socket, 'secureConnect', signal);
    return socket;
  } catch (cause) {
    duplex.destroy();
    throw dialError(cause, 'tls', fault, destination, signal);
  }
}

/**
 * Parses the certificates and keys among `options`.
 *
 * @throws {HandshakeError} if one of them cannot be parsed
 */
export function secureContextOf(destination: Destination, options: ConnectionOptions = {}): SecureContext {
  try {
    return options.secureContext ?? tls.createSecureContext(options);
  } catch (cause) {
    const summary = `cannot use tls.cert, tls.key or another option of tls: ${messageOf(cause)}`;
    throw new HandshakeError(summary, { phase: 'tls', fault: 'caller', url: destination.href, cause });
  }
}

/** Returns the options of node:tls that a WebSocket client needs unless the application passes others. */
export function tlsDefaults(hostname: string): ConnectionOptions {
  return {
    // "the client … MUST use the Server Name Indication extension in the TLS handshake" (§4.1). RFC 6066 §3 allows only
    // names, without a dot at the end.
    ...(net.isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
    ALPNProtocols: ['http/1.1'],
  };
}

/** The TLS socket is half-open if `duplex` is. */
function connect(duplex: Duplex, { hostname }: Destination, options: ConnectionOptions): TLSSocket {
  return tls.connect({
    ...tlsDefaults(hostname),
    ...options,
    ...(options.checkServerIdentity === undefined ? {} : { checkServerIdentity: guarded(options.checkServerIdentity) }),
    // The certificate must be for this name, unless there is a `servername`.
    host: hostname,
    socket: duplex,
  });
}

/** Node calls checkServerIdentity() from an event: an exception would end the process. */
function guarded(checkServerIdentity: typeof tls.checkServerIdentity): typeof tls.checkServerIdentity {
  return (hostname, certificate) => {
    try {
      const call = () => checkServerIdentity(hostname, certificate);
      return callOption('tls.checkServerIdentity', 'undefined or an Error', call);
    } catch (error) {
      return error as HandlerError;
    }
  };
}
