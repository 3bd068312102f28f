import type { HandlerError } from '../errors.js';
import type { HeaderFields } from '../header-fields.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Role } from '../protocol/options.js';
import type { WireTap } from '../transport/wire-tap.js';
import type { ConnectionSettings } from './options.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** The response to a client's opening handshake: the 101 of the server. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: HeaderFields;
}

/** The results of the opening handshake. */
export interface ConnectionInit<Context = unknown> {
  readonly role: Role;
  /** The negotiated subprotocol, or ''. */
  readonly subprotocol: string;
  /** The negotiated value of Sec-WebSocket-Extensions, or ''. */
  readonly extensions: string;
  /** The value of `connection.context`. */
  readonly context?: Context | undefined;
  /** The value of `connection.response`. */
  readonly response?: HandshakeResponse | undefined;
  readonly settings?: ConnectionSettings | undefined;
  /** Bytes that were received after the handshake. */
  readonly head?: Uint8Array | undefined;
  readonly tap?: WireTap | undefined;
  /** permessage-deflate with the negotiated parameters. */
  readonly deflate?: PerMessageDeflate | undefined;
  /**
   * Called when a listener fails and there is no listener for `handlerError`. Returns whether the failure was handled.
   */
  readonly onHandlerError?: ((error: HandlerError, connection: WebSocketConnection) => boolean) | undefined;
  /** Called on close before any listeners, even if there are none. */
  readonly onClosed?: ((connection: WebSocketConnection) => void) | undefined;
}
