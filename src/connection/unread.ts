/** What is said of messages that nobody takes: the likely cause, and what to do. */
import { ConnectionLostError } from '../errors.js';

/** How an application stands to the messages that wait for it. */
export interface UnreadState {
  readonly isPaused: boolean;
  /** Whether there is a listener of `message`, or an iterator. */
  readonly hasReader: boolean;
}

const NOBODY =
  "nobody listens for 'message' or iterates over the connection. If it only sends, set the option incoming: 'discard'";

/** The end of a connection that has not been read for `unreadTimeout`. */
export function unreadTimeoutError(unreadTimeout: number, { isPaused, hasReader }: UnreadState): ConnectionLostError {
  const why = isPaused
    ? 'pause() was called, and resume() was not'
    : hasReader
      ? 'its messages are taken too slowly, or no longer'
      : NOBODY;
  const message = `no message was taken for ${unreadTimeout} ms (unreadTimeout): ${why}`;
  return new ConnectionLostError(message, 'WS101_UNREAD_TIMEOUT');
}

let hasWarned = false;

/** Warns of a connection that stopped reading because nobody takes its messages. Once in a process: a peer can bring this about at will. */
export function warnOfUnread(unreadTimeout: number): void {
  if (hasWarned) return;
  hasWarned = true;
  const end = unreadTimeout === 0 ? '' : ` It will be ended after ${unreadTimeout} ms (unreadTimeout).`;
  process.emitWarning(`A WebSocket connection has stopped reading: ${NOBODY}.${end}`, {
    type: 'WebSocketWarning',
    code: 'WS101_UNREAD_MESSAGES',
  });
}
