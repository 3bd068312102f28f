import { ConnectionLostError } from '../errors.js';

/** Whether the application takes its messages, and how. */
export interface UnreadState {
  readonly isPaused: boolean;
  /** Whether there is a listener for `message`, or an iterator. */
  readonly hasReader: boolean;
}

/** The likely cause of unread messages, and the remedy. */
const NO_READER =
  "there is no listener for 'message' and no iterator. If the application only sends, set the option incoming: 'discard'";

/** Returns the error for a connection whose messages were not taken for `unreadTimeout` ms. */
export function unreadTimeoutError(unreadTimeout: number, { isPaused, hasReader }: UnreadState): ConnectionLostError {
  const why = isPaused
    ? 'pause() was called without resume()'
    : hasReader
      ? 'the application stopped taking messages or takes them too slowly'
      : NO_READER;
  const message = `no message was taken for ${unreadTimeout} ms (unreadTimeout): ${why}`;
  return new ConnectionLostError(message, 'WS101_UNREAD_TIMEOUT');
}

let hasWarned = false;

/**
 * Warns once per process about a connection that has stopped reading because its messages are not taken. A peer can
 * cause this as often as it likes.
 */
export function warnOfUnread(unreadTimeout: number): void {
  if (hasWarned) return;
  hasWarned = true;
  const end = unreadTimeout === 0 ? '' : ` It will be terminated after ${unreadTimeout} ms (unreadTimeout).`;
  process.emitWarning(`A WebSocket connection has stopped reading: ${NO_READER}.${end}`, {
    type: 'WebSocketWarning',
    code: 'WS101_UNREAD_MESSAGES',
  });
}
