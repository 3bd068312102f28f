/** `ws101/ws`: the interface of the package `ws` 8, for code that was written for it. */

import { WebSocket } from './main.js';

export type { ClientOptions } from './client-options.js';
export { extension } from './extension.js';
export { WebSocket, WebSocketServer, WebSocketServer as Server } from './main.js';
export { PerMessageDeflate, type PerMessageDeflateOptions } from './per-message-deflate.js';
export type {
  BufferLike,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  MessageEvent,
  RawData,
  WebSocketClass,
  WebSocketEventMap,
  WebSocketEvents,
  WebSocketServerEvents,
} from './public-types.js';
export { Receiver, type ReceiverOptions } from './receiver.js';
export { type SendCallback, Sender, type SendOptions } from './sender.js';
export type { ServerOptions, VerifyClient } from './server-options.js';
export { createWebSocketStream } from './stream.js';
export { subprotocol } from './subprotocol.js';
export default WebSocket;
