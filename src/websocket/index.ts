/** ws101/websocket: the WebSocket of browsers, as the WHATWG standard describes it. */

export { CloseEvent, ErrorEvent } from './event-classes.js';
export type { WebSocketEventMap } from './event-map.js';
export type { CloseEventInit, ErrorEventInit } from './events.js';
export type { WebSocketInit } from './options.js';
export { type BinaryType, WebSocket } from './websocket.js';
export { type WebSocketCloseInfo, WebSocketError } from './websocket-error.js';
export { type WebSocketOpenInfo, WebSocketStream, type WebSocketStreamOptions } from './websocket-stream.js';
