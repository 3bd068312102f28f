import { connect } from '../client/connect.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { isBlockedPort } from './blocked-ports.js';
import type { ConstructorArguments } from './options.js';

/**
 * "Establish a WebSocket connection" (WHATWG WebSockets §2.2), with the checks that RFC 6455 does not have.
 *
 * Rejects with the failure, or with the reason of `signal`.
 */
export async function establish(
  url: URL,
  { protocols, options }: ConstructorArguments,
  signal: AbortSignal,
): Promise<WebSocketConnection> {
  // "If a port is blocked, return a network error" (Fetch §4.1).
  if (isBlockedPort(url)) throw new DOMException('the port is one of the blocked ports', 'SecurityError');
  const connection = await connect(url, { ...options, subprotocols: protocols, signal });
  // "If protocols is not the empty list and extracting header list values given `Sec-WebSocket-Protocol` … results in
  // null …, then fail the WebSocket connection." RFC 6455 alone would allow it.
  if (protocols.length > 0 && connection.subprotocol === '') {
    connection.terminate();
    throw new DOMException('the server selected none of the subprotocols', 'NetworkError');
  }
  return connection;
}
