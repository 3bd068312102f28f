import type { Duplex } from 'node:stream';
import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options.js';
import { type ConnectionInit, WebSocketConnection } from '../../src/connection/websocket-connection.js';
import type { Role } from '../../src/protocol/protocol.js';
import { type DuplexPairOptions, duplexPair } from './duplex-pair.js';
import { FramePeer } from './frame-peer.js';

export type Setup = ConnectionOptions &
  Partial<Pick<ConnectionInit, 'head' | 'tap' | 'deflate' | 'onHandlerError' | 'onClosed'>>;

/** A connection over `socket` as it stands behind its opening handshake. No keepalive unless asked for. */
export function connectionOver(socket: Duplex, role: Role, setup: Setup = {}): WebSocketConnection {
  const { head, tap, deflate, onHandlerError, onClosed, ...options } = setup;
  return new WebSocketConnection(socket, {
    role,
    subprotocol: '',
    extensions: '',
    transport: {},
    settings: resolveConnectionOptions({ pingInterval: 0, ...options }),
    head,
    tap,
    deflate,
    ...(onHandlerError === undefined ? {} : { onHandlerError }),
    ...(onClosed === undefined ? {} : { onClosed }),
  });
}

/** A connection, and a peer that does nothing by itself, over a pipe in memory. */
export function connectionAndPeer(
  role: Role = 'server',
  setup: Setup = {},
  pipe: DuplexPairOptions = {},
): { connection: WebSocketConnection; peer: FramePeer; socket: Duplex } {
  const [socket, other] = duplexPair(pipe);
  const connection = connectionOver(socket, role, setup);
  return { connection, socket, peer: new FramePeer(other, role === 'client' ? 'server' : 'client') };
}

/** A client's and a server's connection, joined by a pipe in memory. */
export function connectedPair(
  setup: Setup = {},
  pipe: DuplexPairOptions = {},
): { client: WebSocketConnection; server: WebSocketConnection } {
  const [a, b] = duplexPair(pipe);
  return { client: connectionOver(a, 'client', setup), server: connectionOver(b, 'server', setup) };
}

/** Messages as they come, in a list that grows. */
export function collectMessages(connection: WebSocketConnection): Array<string | Buffer> {
  const messages: Array<string | Buffer> = [];
  connection.on('message', data => messages.push(data));
  return messages;
}
