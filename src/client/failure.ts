import { type Fault, HandshakeError } from '../errors.js';
import { isAggregateError, isError } from '../host-values.js';

/** The reason of the signal that ends an attempt after `handshakeTimeout`. Every other reason is the application's. */
export class HandshakeTimeout extends Error {
  readonly #timeout: number;

  constructor(timeout: number, detail = '') {
    super(`the opening handshake took more than ${timeout} ms (handshakeTimeout)${detail}`);
    this.#timeout = timeout;
  }

  /** Returns the same error, with a description of what happened before the timeout. */
  withDetail(detail: string): HandshakeTimeout {
    return new HandshakeTimeout(this.#timeout, `: ${detail}`);
  }
}

/** Returns who is at fault if `signal` has ended an attempt. */
export function faultOfAbort(signal: AbortSignal): Fault {
  return signal.reason instanceof HandshakeTimeout ? 'network' : 'caller';
}

/** Describes a failure, for people. */
export function messageOf(cause: unknown): string {
  // The failures of several addresses. Node leaves the message of such an error empty.
  if (isAggregateError(cause)) return cause.errors.map(messageOf).join('; ');
  if (!isError(cause)) return String(cause);
  // The message of OpenSSL is a line of numbers and paths. Its `reason` is the part for people.
  const { reason } = cause as { reason?: unknown };
  return typeof reason === 'string' ? reason : cause.message;
}

/** Returns the same error with changes. */
export function amended(
  error: HandshakeError,
  {
    summary = error.summary,
    ...changes
  }: Partial<Pick<HandshakeError, 'summary' | 'phase' | 'fault' | 'url' | 'redirectedFrom' | 'hint' | 'cause'>>,
): HandshakeError {
  const { phase, fault, url, redirectedFrom, status, headers, bodyBytes: body, hint, cause } = error;
  const details = { phase, fault, url, redirectedFrom, status, headers, body, hint, cause };
  return new HandshakeError(summary, { ...details, ...changes });
}
