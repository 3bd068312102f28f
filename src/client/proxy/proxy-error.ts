import { type Fault, HandshakeError, type HandshakeErrorDetails } from '../../errors.js';
import { faultOfAbort, HandshakeTimeout, messageOf } from '../failure.js';
import type { Destination } from '../url.js';
import type { ProxyServer } from './proxy.js';

/** Returns the error for a proxy that could not be reached, or that broke its protocol. */
export function proxyFailed(
  cause: unknown,
  what: string,
  { name }: ProxyServer,
  destination: Destination,
  signal: AbortSignal,
): HandshakeError {
  if (cause instanceof HandshakeError && cause.phase === 'proxy') return cause;
  const fault: Fault = signal.aborted ? faultOfAbort(signal) : 'network';
  const detail = cause instanceof HandshakeError ? cause.summary : messageOf(cause);
  return new HandshakeError(`${what} the proxy ${name} failed: ${detail}`, {
    phase: 'proxy',
    fault,
    url: destination.href,
    hint: hintOf(cause, fault),
    cause,
  });
}

function hintOf(cause: unknown, fault: Fault): string | undefined {
  if (fault === 'caller') return undefined;
  if (cause instanceof HandshakeTimeout) return 'the proxy does not answer: is its address right?';
  return cause instanceof HandshakeError && cause.hint !== undefined ? `about the proxy: ${cause.hint}` : undefined;
}

/** Returns the error for a proxy that refuses to open the tunnel. */
export function proxyRefused(
  what: string,
  { name }: ProxyServer,
  destination: Destination,
  details: Partial<HandshakeErrorDetails>,
): HandshakeError {
  return new HandshakeError(`the proxy ${name} ${what}`, {
    phase: 'proxy',
    fault: 'peer',
    url: destination.href,
    ...details,
  });
}
