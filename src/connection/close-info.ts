import type { ClosePayload } from '../framing/close-payload.js';

/** How a connection ended: all that is known about it. */
export interface CloseInfo {
  /** The code of the peer's Close frame; 1005 where it had none, 1006 where no Close frame came (RFC 6455 §7.1.5). */
  readonly code: number;
  /** The reason in the peer's Close frame, or ''. */
  readonly reason: string;
  /** Whether both Close frames went over the wire (§7.1.4). */
  readonly wasClean: boolean;
  /** Who ended it: this endpoint, the peer by its Close frame, or the network without one. */
  readonly initiator: 'local' | 'remote' | 'network';
  /** The Close frame that this endpoint sent. */
  readonly sent: ClosePayload | undefined;
  /** The Close frame that the peer sent. */
  readonly received: ClosePayload | undefined;
  /** What went wrong, where something did. */
  readonly cause: Error | undefined;
  /**
   * Messages that came and were dropped: while the connection was closing and nobody took them, or after a listener had failed. Those that
   * are still kept for an iterator do not count, nor does what `incoming: 'discard'` drops.
   */
  readonly dropped: number;
}
