import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { type Fault, HandshakeError, type HandshakePhase } from '../errors.js';
import type { OptionNames } from '../option-names.js';
import { hintOfDialing } from './dial-hint.js';
import { faultOfAbort, messageOf } from './failure.js';
import type { Destination } from './url.js';

export interface DialOptions {
  /** Options of node:tls for wss:, such as `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`. */
  readonly tls?: tls.ConnectionOptions;
  /** Address of ours to connect from. */
  readonly localAddress?: string;
  /** 4 or 6 for one family alone; 0, both, where the faster one wins (RFC 8305), if left out. */
  readonly family?: 0 | 4 | 6;
}

export const DIAL_OPTION_NAMES: OptionNames<DialOptions> = { tls: true, localAddress: true, family: true };

/**
 * Opens the transport: TCP or a Unix domain socket, and TLS over it for wss:. None of its bytes are read. Of our listeners, the socket
 * keeps one that ignores errors: what goes wrong between this and the opening handshake shows in `destroyed`.
 *
 * @param signal ends the attempt; its reason becomes the cause
 * @throws {HandshakeError} with the phase in which it failed: dns, connect or tls
 */
export function dial(destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  const { secure, hostname, socketPath } = destination;
  return new Promise((resolve, reject) => {
    let phase: HandshakePhase = socketPath === undefined && net.isIP(hostname) === 0 ? 'dns' : 'connect';
    let socket: Socket;
    try {
      socket = secure ? openTls(destination, options) : open(destination, options);
    } catch (cause) {
      // Only options of node:tls have not been looked at by now: a certificate that is none, for example.
      reject(dialingFailed(cause, 'tls', 'caller', destination));
      return;
    }
    const end = (cause: unknown, fault: Fault) => {
      settle();
      socket.destroy();
      reject(dialingFailed(cause, phaseOf(cause) ?? phase, fault, destination));
    };
    const enter = (next: HandshakePhase) => {
      phase = next;
    };
    const aborted = () => end(signal.reason, faultOfAbort(signal));
    const ready = () => {
      settle();
      socket.setNoDelay(true);
      resolve(socket);
    };
    const listeners: Array<[event: string, listener: (cause: Error) => void]> = [
      ['error', cause => end(cause, 'network')],
      ['close', () => end(new Error('the connection was closed'), 'network')],
      ['lookup', () => enter('connect')],
      ['connect', () => enter('tls')],
      [secure ? 'secureConnect' : 'connect', ready],
    ];
    const settle = () => {
      for (const [event, listener] of listeners) socket.off(event, listener);
      signal.removeEventListener('abort', aborted);
    };
    for (const [event, listener] of listeners) socket.on(event, listener);
    socket.on('error', ignore);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted);
  });
}

function open(destination: Destination, options: DialOptions): Socket {
  return net.connect({ ...address(destination, options), allowHalfOpen: true });
}

function openTls(destination: Destination, options: DialOptions): Socket {
  const { hostname } = destination;
  return tls.connect({
    // "the client … MUST use the Server Name Indication extension in the TLS handshake" (§4.1), for names: RFC 6066 §3
    // allows no addresses, and no dot at the end.
    ...(net.isIP(hostname) === 0 ? { servername: hostname.replace(/\.$/, '') } : {}),
    ALPNProtocols: ['http/1.1'],
    ...options.tls,
    ...address(destination, options),
    // tls.connect() hands its options to net.connect(), whose sockets are half open only if told.
    ...{ allowHalfOpen: true },
  });
}

function address(
  { hostname, port, socketPath }: Destination,
  { localAddress, family }: DialOptions,
): net.NetConnectOpts {
  if (socketPath !== undefined) return { path: socketPath };
  return {
    host: hostname,
    port,
    autoSelectFamily: true,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(family === undefined ? {} : { family }),
  };
}

/** An error of getaddrinfo's or connect's says so itself, whatever was under way. */
function phaseOf(cause: unknown): HandshakePhase | undefined {
  if (cause instanceof AggregateError) return 'connect';
  const { syscall } = Object(cause) as { syscall?: unknown };
  return syscall === 'getaddrinfo' ? 'dns' : syscall === 'connect' ? 'connect' : undefined;
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
