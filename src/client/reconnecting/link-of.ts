import { WebSocketConnection } from '../../connection/websocket-connection.js';
import { invalidReturn } from '../../errors.js';
import { ConnectionLink } from './connection-link.js';
import { type WebSocketLike, WebSocketLink } from './web-socket-link.js';

/** A connection that a reconnecting client can keep open: one of this package, or any W3C WebSocket. */
export type Reconnectable = WebSocketConnection | WebSocketLike;

/**
 * Makes a Link from the result of an `open` function.
 *
 * @throws {TypeError} if it is neither a WebSocketConnection nor a W3C WebSocket
 */
export function linkOf(opened: Reconnectable): ConnectionLink | WebSocketLink {
  if (opened instanceof WebSocketConnection) return new ConnectionLink(opened);
  const { send, addEventListener, readyState } = Object(opened) as Partial<WebSocketLike>;
  if (typeof send === 'function' && typeof addEventListener === 'function' && typeof readyState === 'number') {
    return new WebSocketLink(opened);
  }
  throw invalidReturn('open', 'a WebSocketConnection or a W3C WebSocket', opened);
}
