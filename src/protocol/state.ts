/**
 * The life of a WebSocket connection behind its opening handshake (RFC 6455 §5.5.1, §7). Every state and every transition
 * stands here. The two rules:
 *
 * 1. A state changes only by an event of this table. An event that a state does not list changes nothing.
 * 2. What may be sent and what is read follows from the state alone, by the second table.
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
 * CLOSED means that this endpoint neither sends nor reads any more: both Close frames went over the wire, or the transport is
 * gone. The TCP connection may live on for a moment; whose turn it is to end it, Protocol.endsTransport says (§7.1.1).
 */

export type State = 'OPEN' | 'CLOSE_SENT' | 'CLOSE_RECEIVED' | 'FAILED' | 'CLOSED';

export type Event =
  /** Our Close frame goes out. */
  | 'sendClose'
  /** The peer's Close frame came. */
  | 'receiveClose'
  /** "_Fail the WebSocket Connection_" (§7.1.7): a Close frame goes out where none did before, and nothing more is read. */
  | 'fail'
  /** The transport has ended: FIN, reset, or destroyed by us. */
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
  /** A Pong is owed to every Ping "unless it already received a Close frame" (§5.5.2), so also behind our own Close frame. */
  readonly sendsPong: boolean;
  /** Behind its Close frame, a peer's "further data" is discarded (§1.4); after failing, it MUST NOT be processed (§7.1.7). */
  readonly reads: boolean;
}

const PERMISSIONS: Record<State, Permissions> = {
  OPEN: { sendsData: true, sendsPong: true, reads: true },
  CLOSE_SENT: { sendsData: false, sendsPong: true, reads: true },
  CLOSE_RECEIVED: { sendsData: true, sendsPong: false, reads: false },
  FAILED: { sendsData: false, sendsPong: false, reads: false },
  CLOSED: { sendsData: false, sendsPong: false, reads: false },
};

/** The state behind `event`; the same one where the event changes nothing. */
export function next(state: State, event: Event): State {
  return TRANSITIONS[state][event] ?? state;
}

/** Whether `event` changes this state. */
export function canHappen(state: State, event: Event): boolean {
  return TRANSITIONS[state][event] !== undefined;
}

export function permissions(state: State): Permissions {
  return PERMISSIONS[state];
}
