/** ws101/websocket: the WebSocket of browsers, as the WHATWG standard describes it. */

export type { WebSocketEventMap } from './event-map.js';
export { CloseEvent, type CloseEventInit, ErrorEvent, type ErrorEventInit } from './events.js';
export type { WebSocketInit } from './options.js';
export { type BinaryType, WebSocket } from './websocket.js';
