import type { WebSocketConnection } from '../connection/websocket-connection.js';
import type { HandlerError } from '../errors.js';
import type { Refusal } from '../handshake/refusal.js';
import type { Accepted } from './authorization.js';
import type { RefusedRequest, ServerRequest } from './requests.js';

/** The events of a server, with the arguments of their listeners. */
export interface ServerEvents<Context> {
  /** The server listens, and address() returns where. */
  listening: [];
  connection: [connection: WebSocketConnection<Accepted<Context>>, request: ServerRequest<Context>];
  /** A request was refused; `refusal.detail` says why. The request is undefined if none could be read. */
  refused: [refusal: Refusal, request: RefusedRequest | undefined];
  /** A listener or an option that is a function failed. Without a listener for this, the process prints a warning. */
  handlerError: [error: HandlerError, connection: WebSocketConnection | undefined];
  /**
   * The server failed to listen, or failed to accept a connection. Without a listener, a failure to listen throws, and
   * a failure to accept prints a warning.
   */
  error: [error: Error];
  /** close() has finished. */
  close: [];
}
