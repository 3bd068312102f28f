import { extension } from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import type * as types from './public-types.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { createWebSocketStream } from './stream.js';
import { subprotocol } from './subprotocol.js';
import { WebSocket as WebSocketImplementation } from './web-socket.js';
import { WebSocketServer as ServerImplementation } from './web-socket-server.js';

/** The classes as they are exported: with their public types, and WebSocket with the other exports as properties. */

/** A WebSocket server with the interface of the package `ws`. */
export const WebSocketServer: types.WebSocketServerConstructor = ServerImplementation as never;
export type WebSocketServer<
  C extends types.WebSocketClass = types.WebSocketClass,
  R extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
> = types.WebSocketServer<C, R>;

/** A WebSocket with the interface of the package `ws`. */
export const WebSocket: types.WebSocketConstructor = WebSocketImplementation as never;
export type WebSocket = types.WebSocket;

Object.assign(WebSocket, {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  WebSocket,
  WebSocketServer,
});
