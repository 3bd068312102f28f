import type { Duplex } from 'node:stream';
import type { ConnectionInit } from '../../src/connection/init.js';
import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options.js';
import { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import type { Role } from '../../src/protocol/options.js';
import { type DuplexPairOptions, duplexPair } from './duplex-pair.js';
import { FramePeer } from './frame-peer.js';

export type Setup = ConnectionOptions &
  Partial<Pick<ConnectionInit, 'head' | 'tap' | 'deflate' | 'onHandlerError' | 'onClosed'>>;

/** Creates a connection over `socket`, as it is after the opening handshake. Keepalive is off by default. */
export function connectionOver(socket: Duplex, role: Role, setup: Setup = {}): WebSocketConnection {
  const { head, tap, deflate, onHandlerError, onClosed, ...options } = setup;
  return new WebSocketConnection(socket, {
    role,
    subprotocol: '',
    extensions: '',
    settings: resolveConnectionOptions({ pingInterval: 0, ...options }),
    head,
    tap,
    deflate,
    ...(onHandlerError === undefined ? {} : { onHandlerError }),
    ...(onClosed === undefined ? {} : { onClosed }),
  });
}

/** Creates a connection and a peer, joined in memory. The peer sends only what the test tells it to send. */
export function connectionAndPeer(
  role: Role = 'server',
  setup: Setup = {},
  pipe: DuplexPairOptions = {},
): { connection: WebSocketConnection; peer: FramePeer; socket: Duplex } {
  const [socket, other] = duplexPair(pipe);
  const connection = connectionOver(socket, role, setup);
  return { connection, socket, peer: new FramePeer(other, role === 'client' ? 'server' : 'client') };
}

/** Creates a client connection and a server connection, joined in memory. */
export function connectedPair(
  setup: Setup = {},
  pipe: DuplexPairOptions = {},
): { client: WebSocketConnection; server: WebSocketConnection } {
  const [a, b] = duplexPair(pipe);
  return { client: connectionOver(a, 'client', setup), server: connectionOver(b, 'server', setup) };
}

/** Collects the messages that arrive. The returned list grows. */
export function collectMessages(connection: WebSocketConnection): Array<string | Buffer> {
  const messages: Array<string | Buffer> = [];
  connection.on('message', data => messages.push(data));
  return messages;
}
