import { type Fault, HandlerError, HandshakeError, type HandshakePhase } from '../errors.js';
import { hintOfDialing } from './dial-hint.js';
import { faultOfAbort, messageOf } from './failure.js';
import { hostAndPort } from './host-name.js';
import type { Destination } from './url.js';

/**
 * Returns the error for a transport that could not be opened.
 *
 * @param fault the fault of the error, unless `signal` was aborted or `cause` is a failure of application code
 */
export function dialError(
  cause: unknown,
  phase: 'dns' | 'connect' | 'tls',
  fault: Fault,
  destination: Destination,
  signal: AbortSignal,
): HandshakeError {
  const actualFault = signal.aborted ? faultOfAbort(signal) : cause instanceof HandlerError ? 'caller' : fault;
  return new HandshakeError(`${stepOf(phase, destination)} failed: ${messageOf(cause)}`, {
    phase,
    fault: actualFault,
    url: destination.href,
    hint: actualFault === 'caller' ? undefined : hintOfDialing(cause, phase),
    cause,
  });
}

function stepOf(phase: HandshakePhase, { hostname, port, socketPath }: Destination): string {
  if (phase === 'dns') return `looking up ${hostname}`;
  const place = socketPath ?? hostAndPort(hostname, port);
  return phase === 'tls' ? `the TLS handshake with ${place}` : `connecting to ${place}`;
}
