/**
 * `ws101/protocol`: RFC 6455 after the opening handshake, as one class for both roles, without I/O. Use it with a
 * transport of your own.
 */

export { ProtocolError, type Violation, type ViolationCode, WebSocketError } from '../errors.js';
export { CLOSE_CODE } from '../framing/close-code.js';
export type { ClosePayload } from '../framing/close-payload.js';
export { releaseOutput } from '../framing/slabs.js';
export type { ProtocolHandler } from './handler.js';
export type { ProtocolOptions, Role } from './options.js';
export { Protocol } from './protocol.js';
export type { State } from './state.js';
