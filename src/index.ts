/**
 * ws101: WebSocket (RFC 6455) for Node.js.
 *
 * connect() opens a connection, WebSocketServer accepts them, and both make a WebSocketConnection.
 */

export { agentDial } from './client/agent-dial.js';
export { connect } from './client/connect.js';
export { type Dial, type DialOptions, dial } from './client/dial.js';
export type { ConnectOptions } from './client/options.js';
export type { ProxyOptions } from './client/proxy/proxy.js';
export type { ConnectionFailure } from './client/reconnecting/connection-failure.js';
export type { ReconnectingEnd, ReconnectingEvents, ReconnectingState } from './client/reconnecting/events.js';
export type { HeartbeatOptions } from './client/reconnecting/heartbeat.js';
export type { Reconnectable } from './client/reconnecting/link-of.js';
export type { NetworkStatus } from './client/reconnecting/network-status.js';
export type { PerAttempt, ReconnectAttempt, ReconnectingOptions } from './client/reconnecting/options.js';
export { reconnecting } from './client/reconnecting/reconnecting.js';
export type { ReconnectingClient } from './client/reconnecting/reconnecting-client.js';
export type { QueuePolicy, UnsentMessage } from './client/reconnecting/unsent-queue.js';
export type { WebSocketLike } from './client/reconnecting/web-socket-link.js';
export type { SocketOptions } from './client/socket-options.js';
export { startTls } from './client/tls.js';
export type { Destination } from './client/url.js';
export type { CloseInfo } from './connection/close-info.js';
export { createPair, type PairOptions } from './connection/create-pair.js';
export type {
  CloseDiagnostic,
  Diagnostics,
  ErrorDiagnostic,
  FrameDiagnostic,
  HandshakeDiagnostic,
  MessageDiagnostic,
} from './connection/diagnostics.js';
export type { ConnectionEvents } from './connection/events.js';
export type { Message, MessageIterator, TypedMessage } from './connection/inbox.js';
export type { ConnectionInit, HandshakeResponse } from './connection/init.js';
export type { MessagesOptions } from './connection/messages-options.js';
export { CONNECTION_DEFAULTS, type ConnectionOptions, type ConnectionSettings } from './connection/options.js';
export type { Sendable, SendOptions } from './connection/payload.js';
export { type PreparedMessage, prepareMessage } from './connection/prepared-message.js';
export type { MessageSource, SendStreamOptions } from './connection/stream-message.js';
export type { MessageStream } from './connection/streamed-messages.js';
export type { WaitOptions } from './connection/wait.js';
export { WebSocketConnection } from './connection/websocket-connection.js';
export {
  BackpressureError,
  ConnectionClosedError,
  ConnectionLostError,
  type ErrorCode,
  type Fault,
  HandlerError,
  HandshakeError,
  type HandshakeErrorDetails,
  type HandshakePhase,
  ProtocolError,
  type Violation,
  type ViolationCode,
  WebSocketError,
} from './errors.js';
export { CLOSE_CODE } from './framing/close-code.js';
export type { ClosePayload } from './framing/close-payload.js';
export { HeaderFields, type HeaderInput, type HeaderLine } from './handshake/header-fields.js';
export type { OriginRule } from './handshake/origin.js';
export { Refusal, type RefusalOptions } from './handshake/refusal.js';
export type { UpgradeRequest } from './handshake/request.js';
export type { ResponseHeaders } from './handshake/response-headers.js';
export type { PerMessageDeflateOptions } from './permessage-deflate/index.js';
export type { Authorize, AuthorizeOptions, Denial } from './server/authorization.js';
export type { BroadcastOptions } from './server/broadcast.js';
export type { ServerEvents } from './server/events.js';
export type { HandshakeOutcome } from './server/opening-handshake.js';
export type { ServerOptions } from './server/options.js';
export type { PlainRequest, PlainResponse, Respond } from './server/plain-response.js';
export type { PendingRequest, RefusedRequest, ServerRequest } from './server/requests.js';
export type { ServerCloseOptions } from './server/shutdown.js';
export { type HandleUpgradeOptions, WebSocketServer } from './server/websocket-server.js';
export { type Transport, transportOf } from './transport/transport.js';
export type { CertificateInfo, TlsInfo, TransportInfo } from './transport/transport-info.js';
export type { WireTap } from './transport/wire-tap.js';
export type { WebSocketInit } from './websocket/options.js';
export { WebSocket } from './websocket/websocket.js';
