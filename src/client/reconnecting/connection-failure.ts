import type { CloseInfo } from '../../connection/close-info.js';
import { ConnectionLostError, HandshakeError } from '../../errors.js';
import { CLOSE_CODE } from '../../framing/close-code.js';

/** Why a reconnecting client has no connection: an attempt failed, or an open connection ended. */
export interface ConnectionFailure {
  /** `'opening'` if no connection was opened, `'ended'` if an open connection ended. */
  readonly kind: 'opening' | 'ended';
  /** The error, for example a HandshakeError. Undefined if the peer closed the connection cleanly. */
  readonly error: unknown;
  /** The status code of the response to the opening handshake, if it was refused. */
  readonly status: number | undefined;
  /** The close code and the reason with which the connection ended. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
  /** How many attempts and connections have failed in succession, this one included. */
  readonly failures: number;
}

/** A failure before it is counted. */
export type FailureCause = Omit<ConnectionFailure, 'failures'> & {
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfter: number;
  /** Whether the application closed this connection, but not the client. */
  readonly isLocal: boolean;
};

/** The longest Retry-After that is obeyed. */
const MAX_RETRY_AFTER = 3_600_000;

/** Returns the cause for an attempt that failed with `error`. */
export function openingFailed(error: unknown): FailureCause {
  const response = error instanceof HandshakeError ? error : undefined;
  const status = response?.status;
  const retryAfter = response === undefined ? 0 : retryAfterOf(response);
  return { kind: 'opening', error, status, close: undefined, retryAfter, isLocal: false };
}

/** Returns the cause for a connection that was open. */
export function connectionEnded({
  code,
  reason,
  cause,
  initiator,
}: Pick<CloseInfo, 'code' | 'reason'> & Partial<Pick<CloseInfo, 'cause' | 'initiator'>>): FailureCause {
  const isLocal = initiator === 'local' && cause === undefined;
  return { kind: 'ended', error: cause, status: undefined, close: { code, reason }, retryAfter: 0, isLocal };
}

/** Close codes with which the peer says that it has finished, or that the client is at fault. */
const FATAL_CODES: ReadonlySet<number> = new Set([
  CLOSE_CODE.NORMAL_CLOSURE,
  CLOSE_CODE.PROTOCOL_ERROR,
  CLOSE_CODE.UNSUPPORTED_DATA,
  CLOSE_CODE.INVALID_FRAME_PAYLOAD_DATA,
  CLOSE_CODE.POLICY_VIOLATION,
  CLOSE_CODE.MESSAGE_TOO_BIG,
  CLOSE_CODE.MANDATORY_EXTENSION,
  // Unauthorized and Forbidden in IANA's registry of close codes.
  3000,
  3003,
]);

/** Statuses below 500 that say "later": 408 Request Timeout, 425 Too Early, 429 Too Many Requests. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Whether another attempt may succeed.
 *
 * Another attempt cannot correct a wrong argument. It also fails if the request is at fault, which a status below 500
 * says, except for 408, 425 and 429. The peer may have finished (close code 1000), or this endpoint may be at fault.
 * All other failures may be temporary.
 */
export function isRetryable({ kind, error, status, close, isLocal }: FailureCause): boolean {
  if (kind === 'ended') return isLocal || close === undefined || !isFatalClose(close.code, error);
  if (status !== undefined) return status >= 500 || RETRYABLE_STATUSES.has(status);
  if (error instanceof HandshakeError) return error.fault !== 'caller';
  // The constructor of the W3C WebSocket throws a SyntaxError for a wrong URL.
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
  return code !== 'WS101_INVALID_ARGUMENT' && name !== 'SyntaxError';
}

/** If this endpoint had an error, the peer's code only answers our own. */
function isFatalClose(code: number, error: unknown): boolean {
  return error === undefined && FATAL_CODES.has(code);
}

/** Returns the Retry-After of a response (RFC 9110 §10.2.3) in milliseconds, or 0. */
function retryAfterOf({ headers }: HandshakeError): number {
  const value = headers.get('Retry-After')?.trim();
  if (value === undefined) return 0;
  // A date is compared with the server's own clock.
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.parse(headers.get('Date') ?? '');
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER) : 0;
}

/** Returns the error for a client that has given up. */
export function errorOf({ error, close }: ConnectionFailure): unknown {
  if (error !== undefined || close === undefined) return error;
  const reason = close.reason === '' ? '' : `: ${close.reason}`;
  return new ConnectionLostError(`the peer closed the connection with ${close.code}${reason}`);
}
