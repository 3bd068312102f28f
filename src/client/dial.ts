import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { HandshakeError, type HandshakePhase } from '../errors.js';
import { hintOfDialing } from './dial-hint.js';
import type { Destination } from './url.js';

export interface DialOptions {
  /** Options of node:tls for wss:, such as `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`. */
  readonly tls?: tls.ConnectionOptions;
  /** Address of ours to connect from. */
  readonly localAddress?: string;
  /** 4 or 6 for one family alone; 0, both, where the faster one wins (RFC 8305), if left out. */
  readonly family?: 0 | 4 | 6;
}

/**
 * Opens the transport: TCP or a Unix domain socket, and TLS over it for wss:. The socket has no listeners of ours when it is given,
 * and none of its bytes are read.
 *
 * @param signal ends the attempt; its reason becomes the cause
 * @throws {HandshakeError} with the phase in which it failed: dns, connect or tls
 */
export function dial(destination: Destination, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = destination.secure ? openTls(destination, options) : open(destination, options);
    let phase: HandshakePhase =
      destination.socketPath === undefined && net.isIP(destination.hostname) === 0 ? 'dns' : 'connect';
    const settle = () => {
      socket.off('error', failed);
      socket.off('close', closed);
      signal.removeEventListener('abort', aborted);
    };
    const failed = (cause: unknown) => {
      settle();
      // What it may still say comes too late for anyone.
      socket.on('error', () => {});
      socket.destroy();
      reject(dialingFailed(cause, phaseOf(cause) ?? phase, destination));
    };
    const closed = () => failed(new Error('the connection was closed'));
    const aborted = () => failed(signal.reason);
    socket.on('error', failed);
    socket.on('close', closed);
    socket.once('lookup', () => {
      phase = 'connect';
    });
    socket.once('connect', () => {
      phase = 'tls';
    });
    socket.once(destination.secure ? 'secureConnect' : 'connect', () => {
      settle();
      socket.setNoDelay(true);
      resolve(socket);
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

function open(destination: Destination, options: DialOptions): Socket {
  return net.connect({ ...address(destination, options), allowHalfOpen: true });
}

function openTls(destination: Destination, options: DialOptions): Socket {
  const { hostname } = destination;
  return tls.connect({
    // "the client … MUST use the Server Name Indication extension in the TLS handshake" (§4.1), for names: RFC 6066 §3 allows no addresses.
    ...(net.isIP(hostname) === 0 ? { servername: hostname } : {}),
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
  const { syscall } = cause as { syscall?: unknown };
  if (syscall === 'getaddrinfo') return 'dns';
  return syscall === 'connect' || cause instanceof AggregateError ? 'connect' : undefined;
}

function dialingFailed(cause: unknown, phase: HandshakePhase, destination: Destination): HandshakeError {
  const place = destination.socketPath ?? `${destination.host.replace(/:\d+$/, '')}:${destination.port}`;
  const doing = { dns: 'look up', connect: 'connect to', tls: 'make a TLS connection to' }[
    phase as 'dns' | 'connect' | 'tls'
  ];
  const hint = hintOfDialing(cause, phase);
  return new HandshakeError(`could not ${doing} ${place}: ${messageOf(cause)}`, {
    phase,
    fault: 'network',
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Node joins the failures of both address families in an AggregateError that has no message. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  // OpenSSL's message is a line of numbers and paths, of which `reason` is the part for people.
  const { reason } = cause as { reason?: unknown };
  if (typeof reason === 'string') return reason;
  return cause instanceof Error ? cause.message : String(cause);
}
