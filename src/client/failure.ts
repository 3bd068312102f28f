import type { Fault } from '../errors.js';
import { isAggregateError, isError } from '../host-values.js';

/** The reason that ends an attempt to connect which took too long. Any other reason is the caller's own. */
export class HandshakeTimeout extends Error {
  readonly #timeout: number;

  constructor(timeout: number, detail = '') {
    super(`the opening handshake took more than ${timeout} ms (handshakeTimeout)${detail}`);
    this.#timeout = timeout;
  }

  /** The same, with what had happened until then. */
  withDetail(detail: string): HandshakeTimeout {
    return new HandshakeTimeout(this.#timeout, `: ${detail}`);
  }
}

/** Who is at fault where `signal` has ended an attempt. */
export function faultOfAbort(signal: AbortSignal): Fault {
  return signal.reason instanceof HandshakeTimeout ? 'network' : 'caller';
}

/** What a failure says of itself, for people. */
export function messageOf(cause: unknown): string {
  // The failures of several addresses. It has no message of its own.
  if (isAggregateError(cause)) return cause.errors.map(messageOf).join('; ');
  if (!isError(cause)) return String(cause);
  // OpenSSL's message is a line of numbers and paths, of which `reason` is the part for people.
  const { reason } = cause as { reason?: unknown };
  return typeof reason === 'string' ? reason : cause.message;
}
