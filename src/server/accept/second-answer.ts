import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketConnection } from '../../connection/websocket-connection.js';
import { othersListen } from './http-attachment.js';

/**
 * Calls `found` if another `upgrade` listener of the same server answers the request of a connection too: if it begins
 * to read from the socket, or ends it. Its answer would reach the client as frames.
 *
 * Nothing is watched unless the server has other listeners, and nothing is done for each message.
 */
export function watchForSecondAnswer(
  incoming: IncomingMessage,
  socket: Duplex,
  connection: WebSocketConnection,
  found: () => void,
): void {
  // Node's HTTP server sets `server` on its sockets.
  const { server } = (incoming.socket ?? {}) as { readonly server?: HttpServer };
  if (server === undefined || !othersListen(server)) return;
  const onNewListener = (event: string | symbol): void => {
    if (event !== 'data' && event !== 'readable') return;
    socket.off('newListener', onNewListener);
    found();
  };
  socket.on('newListener', onNewListener);
  // This library ends a socket only after the closing handshake.
  socket.once('finish', () => {
    if (connection.state === 'open') found();
  });
}
