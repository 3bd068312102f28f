/** `ws101/ws`: the interface of the package `ws` 8, for code that was written for it. */

import { extension } from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { createWebSocketStream } from './stream.js';
import { subprotocol } from './subprotocol.js';
import { WebSocket } from './web-socket.js';
import { WebSocketServer } from './web-socket-server.js';

// require() returns the class, so it has all other exports as properties.
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

export type { ClientOptions } from './client-options.js';
export type { BinaryType } from './constants.js';
export type { CloseEvent, ErrorEvent, Event, MessageEvent } from './event-target.js';
export { extension } from './extension.js';
export { PerMessageDeflate, type PerMessageDeflateOptions } from './per-message-deflate.js';
export { Receiver, type ReceiverOptions } from './receiver.js';
export { type SendCallback, Sender, type SendOptions } from './sender.js';
export type { ServerOptions, VerifyClient } from './server-options.js';
export { createWebSocketStream } from './stream.js';
export { subprotocol } from './subprotocol.js';
export { WebSocket } from './web-socket.js';
export type { RawData, ReadyState, WebSocketEvents } from './web-socket-events.js';
export { WebSocketServer, WebSocketServer as Server, type WebSocketServerEvents } from './web-socket-server.js';
export default WebSocket;
