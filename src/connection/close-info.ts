import { ConnectionClosedError } from '../errors.js';
import type { ClosePayload } from '../framing/close-payload.js';

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the peer's Close frame; 1005 if it had none, 1006 if no Close frame arrived (RFC 6455 §7.1.5). */
  readonly code: number;
  /** The reason in the peer's Close frame, or ''. */
  readonly reason: string;
  /** Whether both Close frames were exchanged (§7.1.4). */
  readonly wasClean: boolean;
  /**
   * The cause of the end: `local` is this endpoint, `remote` a Close frame of the peer, `network` the loss of the
   * transport.
   */
  readonly initiator: 'local' | 'remote' | 'network';
  /** The Close frame that this endpoint sent, or undefined. */
  readonly sent: ClosePayload | undefined;
  /** The Close frame that the peer sent, or undefined. */
  readonly received: ClosePayload | undefined;
  /** The error that ended it; undefined after a clean close without a fault. */
  readonly cause: Error | undefined;
  /**
   * How many received messages were dropped, because too many were unread while the connection was closing or because a
   * listener had failed. Messages that are still kept for an iterator do not count, and neither do those that
   * `incoming: 'discard'` drops.
   */
  readonly dropped: number;
}

/**
 * Returns why a connection ended, always as an error: the cause, or else a ConnectionClosedError with the close code
 * and reason.
 */
export function endReasonOf({ cause, code, reason, initiator }: CloseInfo): Error {
  return cause ?? new ConnectionClosedError(code, reason, initiator === 'local');
}
