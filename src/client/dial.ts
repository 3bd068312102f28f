import net, { type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { onAbort } from '../abort-signal.js';
import { callOption } from '../application-code.js';
import { type Fault, HandlerError, HandshakeError, type HandshakePhase } from '../errors.js';
import type { OptionNames } from '../option-names.js';
import { connectToFirst } from './address-race.js';
import { addressesOf } from './addresses.js';
import { hintOfDialing } from './dial-hint.js';
import { faultOfAbort, messageOf } from './failure.js';
import type { Destination } from './url.js';

export interface DialOptions {
  /** Options of node:tls for wss:, such as `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`. */
  readonly tls?: tls.ConnectionOptions;
  /** The local IP address to connect from. */
  readonly localAddress?: string;
  /** 4 or 6 for one address family alone. By default, and with 0, the addresses of both are raced (RFC 8305). */
  readonly family?: 0 | 4 | 6;
}

export const DIAL_OPTION_NAMES: OptionNames<DialOptions> = { tls: true, localAddress: true, family: true };

/**
 * Opens the transport: TCP or a Unix domain socket, and TLS over it for wss:. None of its bytes are read. Of our listeners, the socket
 * keeps one that ignores errors: an error between this and the opening handshake shows in `destroyed`.
 *
 * @param signal ends the attempt; its reason becomes the cause
 * @throws {HandshakeError} with the phase in which it failed: dns, connect or tls
 */
export async function dial(destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { secure, hostname, socketPath } = destination;
  let phase: HandshakePhase = 'tls';
  let fault: Fault = 'caller';
  let socket: Socket | undefined;
  try {
    // Nothing has checked the options of node:tls by now. A certificate that cannot be parsed throws here.
    const secureContext = secure ? (options.tls?.secureContext ?? tls.createSecureContext(options.tls)) : undefined;
    phase = 'dns';
    fault = 'network';
    const family = (options.family || net.isIP(options.localAddress ?? '')) as 0 | 4 | 6;
    const addresses = socketPath === undefined ? await addressesOf(hostname, family, signal) : [socketPath];
    phase = 'connect';
    socket = await connectToFirst(addresses, address => connect(address, destination, options), signal);
    socket.setNoDelay(true);
    if (secureContext === undefined) return socket;
    phase = 'tls';
    fault = 'caller';
    const tlsSocket = connectTls(socket, destination, { ...options.tls, secureContext });
    fault = 'network';
    return await secured(tlsSocket, signal);
  } catch (cause) {
    socket?.destroy();
    if (signal.aborted) fault = faultOfAbort(signal);
    else if (cause instanceof HandlerError) fault = 'caller';
    throw dialingFailed(cause, phase, fault, destination);
  }
}

function connect(address: string, { port, socketPath }: Destination, { localAddress }: DialOptions): Socket {
  // allowHalfOpen: the protocol says whose turn it is to end TCP, not Node.
  if (socketPath !== undefined) return net.connect({ path: socketPath, allowHalfOpen: true });
  return net.connect({
    host: address,
    port,
    allowHalfOpen: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
}

/** Begins TLS over a socket that is connected. The TLS socket is half open if that one is. */
function connectTls(socket: Socket, { hostname }: Destination, options: tls.ConnectionOptions): TLSSocket {
  return tls.connect({
    // "the client … MUST use the Server Name Indication extension in the TLS handshake" (§4.1), for names: RFC 6066 §3
    // allows no addresses, and no dot at the end.
    ...(net.isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
    ALPNProtocols: ['http/1.1'],
    ...options,
    ...(options.checkServerIdentity === undefined ? {} : { checkServerIdentity: guarded(options.checkServerIdentity) }),
    // The certificate must be for this name, if there is no `servername`.
    host: hostname,
    socket,
  });
}

/** checkServerIdentity() is application code that Node calls out of an event: what it throws would end the process. */
function guarded(checkServerIdentity: typeof tls.checkServerIdentity): typeof tls.checkServerIdentity {
  return (hostname, certificate) => {
    try {
      const call = () => checkServerIdentity(hostname, certificate);
      return callOption('checkServerIdentity', 'undefined or an Error', call);
    } catch (error) {
      return error as HandlerError;
    }
  };
}

/** Resolves when the TLS handshake is complete. */
function secured(socket: TLSSocket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off('error', failed).off('close', closed).off('secureConnect', ready);
      stopListening();
    };
    const failed = (error: unknown) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const closed = () => failed(new Error('the connection was closed'));
    const ready = () => {
      settle();
      resolve(socket);
    };
    const aborted = () => failed(signal.reason);
    socket.on('error', failed).on('close', closed).on('secureConnect', ready).on('error', ignore);
    const stopListening = onAbort(signal, aborted);
    if (signal.aborted) aborted();
  });
}

const DOING: { readonly [phase in HandshakePhase]?: string } = {
  dns: 'look up',
  connect: 'connect to',
  tls: 'make a TLS connection to',
};

function dialingFailed(cause: unknown, phase: HandshakePhase, fault: Fault, destination: Destination): HandshakeError {
  const place = destination.socketPath ?? `${destination.host.replace(/:\d+$/, '')}:${destination.port}`;
  const hint = fault === 'caller' ? undefined : hintOfDialing(cause, phase);
  return new HandshakeError(`could not ${DOING[phase]} ${place}: ${messageOf(cause)}`, {
    phase,
    fault,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

function ignore(): void {}
