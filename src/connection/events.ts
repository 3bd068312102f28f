import { type HandlerError, typeError } from '../errors.js';
import type { CloseInfo } from './close-info.js';
import type { Message } from './inbox.js';

/** The events of a connection, with the arguments of their listeners. No listener is required. */
export interface ConnectionEvents {
  /**
   * A message: text as a string, binary as a Buffer. The ArrayBuffer of a Buffer may contain other messages too, even
   * some that have not been delivered yet. To transfer a message to a worker, copy it first. With the option
   * `text: 'buffer'`, text is a Buffer too, and `isBinary` is false.
   */
  message: [data: Message, isBinary: boolean];
  /** The connection has closed. No event follows. */
  close: [info: CloseInfo];
  /** At most `highWaterMark` bytes wait again, after send() had returned false. */
  drain: [];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /**
   * A listener threw or rejected, so the connection was closed with 1011. Only the first failure is reported, and only
   * `close` follows. Without a listener, the process is warned.
   */
  handlerError: [error: HandlerError];
}

/**
 * Events of a client in `ws` that a connection does not have. A listener for them would never be called. `error` is not
 * among them, because `once()` of node:events adds a listener for it.
 */
const WS_EVENT_HINTS: Readonly<Record<string, string>> = {
  open: "a connection is open when connect() resolves and when the server emits 'connection'",
  redirect: "connect() follows redirects by the option 'maxRedirects'",
  'unexpected-response': 'connect() rejects with a HandshakeError, which has the response',
  upgrade: 'the response to the opening handshake is connection.response',
};

/**
 * Refuses a listener for an event of `ws` that a connection does not have.
 *
 * @throws {TypeError} with a hint
 */
export function refuseForeignEvent(event: string | symbol): void {
  if (typeof event !== 'string' || !Object.hasOwn(WS_EVENT_HINTS, event)) return;
  throw typeError(`a connection has no event '${event}': ${WS_EVENT_HINTS[event]}`);
}
