/**
 * The states of a WebSocket connection after the opening handshake (RFC 6455 §5.5.1, §7), with every transition. There
 * are two rules:
 *
 * 1. Only the events in the first table change a state. An event that a state does not list changes nothing.
 * 2. The state alone decides what may be sent and what is read. See the second table.
 *
 *                         sendClose
 *               ┌─────────────────────────▶ CLOSE_SENT ───────┐ receiveClose
 *               │                               │             ▼
 *             OPEN                         fail │           CLOSED ◀── end, from any state
 *               │  │  fail                      ▼             ▲
 *               │  └─────────────────────▶   FAILED           │
 *               └─────────────────────────▶ CLOSE_RECEIVED ───┘ sendClose
 *                        receiveClose
 *
 * CLOSED means that this endpoint neither sends nor reads any more: both Close frames were exchanged, or the transport
 * has ended. The TCP connection may still be open for a moment. Protocol.endsTransport says who ends it (§7.1.1).
 */

/** The states of a connection after the opening handshake. */
export type State = 'OPEN' | 'CLOSE_SENT' | 'CLOSE_RECEIVED' | 'FAILED' | 'CLOSED';

export type Event =
  /** This endpoint sends its Close frame. */
  | 'sendClose'
  /** The peer's Close frame arrives. */
  | 'receiveClose'
  /**
   * "_Fail the WebSocket Connection_" (§7.1.7): a Close frame is sent unless one was sent before, and nothing more is
   * read.
   */
  | 'fail'
  /** The transport ends by a FIN or a reset, or this endpoint destroys it. */
  | 'end';

const TRANSITIONS: Record<State, Partial<Record<Event, State>>> = {
  OPEN: { sendClose: 'CLOSE_SENT', receiveClose: 'CLOSE_RECEIVED', fail: 'FAILED', end: 'CLOSED' },
  CLOSE_SENT: { receiveClose: 'CLOSED', fail: 'FAILED', end: 'CLOSED' },
  CLOSE_RECEIVED: { sendClose: 'CLOSED', end: 'CLOSED' },
  FAILED: { end: 'CLOSED' },
  CLOSED: {},
};

interface Permissions {
  /** "The application MUST NOT send any more data frames after sending a Close frame" (§5.5.1). */
  readonly sendsData: boolean;
  /**
   * Every Ping is answered by a Pong "unless it already received a Close frame" (§5.5.2), so also after our own Close
   * frame.
   */
  readonly sendsPong: boolean;
  /**
   * After the peer's Close frame, its "further data" is discarded (§1.4). After failing, it MUST NOT be processed
   * (§7.1.7).
   */
  readonly reads: boolean;
}

const PERMISSIONS: Record<State, Permissions> = {
  OPEN: { sendsData: true, sendsPong: true, reads: true },
  CLOSE_SENT: { sendsData: false, sendsPong: true, reads: true },
  CLOSE_RECEIVED: { sendsData: true, sendsPong: false, reads: false },
  FAILED: { sendsData: false, sendsPong: false, reads: false },
  CLOSED: { sendsData: false, sendsPong: false, reads: false },
};

/** Returns the state after `event`. It is the same state if the event changes nothing. */
export function next(state: State, event: Event): State {
  return TRANSITIONS[state][event] ?? state;
}

/** Returns whether `event` changes this state. */
export function canHappen(state: State, event: Event): boolean {
  return TRANSITIONS[state][event] !== undefined;
}

export function permissions(state: State): Permissions {
  return PERMISSIONS[state];
}
