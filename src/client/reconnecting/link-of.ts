import { WebSocketConnection } from '../../connection/websocket-connection.js';
import { invalidReturn } from '../../errors.js';
import { ConnectionLink } from './connection-link.js';
import { type WebSocketLike, WebSocketLink } from './web-socket-link.js';

/** What a reconnecting client can keep open: a connection of this package, or a W3C WebSocket of any make. */
export type Reconnectable = WebSocketConnection | WebSocketLike;

/**
 * Makes a Link of what an `open` function returned.
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
