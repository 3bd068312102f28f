import { type Channel, channel } from 'node:diagnostics_channel';
import type { Role } from '../protocol/options.js';
import type { CloseInfo } from './close-info.js';
import { debugLog } from './debug-log.js';
import type { WebSocketConnection } from './websocket-connection.js';

/**
 * Channels of node:diagnostics_channel, one for each kind of event, for both roles:
 *
 *     ws101:handshake  an opening handshake has succeeded or failed   HandshakeDiagnostic
 *     ws101:frame      a frame was sent or received                   FrameDiagnostic
 *     ws101:message    a message was sent or received                 MessageDiagnostic
 *     ws101:close      a connection has closed                        CloseDiagnostic
 *     ws101:error      a connection has ended because of an error     ErrorDiagnostic
 *
 * They cost nothing without a subscriber.
 */

/** Published on `ws101:handshake`. */
export interface HandshakeDiagnostic {
  readonly role: Role;
  /** The URL that a client connects to, or the target of a request to a server. Undefined if it could not be read. */
  readonly url: string | undefined;
  /** The new connection; undefined if the handshake has failed. */
  readonly connection: WebSocketConnection | undefined;
  /** The status of the response: 101 if the handshake has succeeded, undefined if there was no response. */
  readonly status: number | undefined;
  /** Why it has failed, in words. */
  readonly reason: string | undefined;
  /** The rejection of connect(), or the error that made a server refuse. */
  readonly error: unknown;
  /** Milliseconds since connect() was called; undefined on a server. */
  readonly duration: number | undefined;
}

/** Published on `ws101:frame` when the whole frame has been sent or received. */
export interface FrameDiagnostic {
  readonly connection: WebSocketConnection;
  readonly role: Role;
  readonly direction: 'sent' | 'received';
  readonly fin: boolean;
  /** The reserved bits: 4 for RSV1, 2 for RSV2, 1 for RSV3. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** The size of the header in bytes. */
  readonly headerLength: number;
  /** The size of the payload in bytes. */
  readonly payloadLength: number;
  /** The position of its header, in bytes of this direction after the opening handshake. */
  readonly offset: number;
  /** The first bytes of the payload, unmasked: at most 125, so all of a control frame. */
  readonly payload: Uint8Array;
}

/** Published on `ws101:message` after its last frame. */
export interface MessageDiagnostic {
  readonly connection: WebSocketConnection;
  readonly role: Role;
  readonly direction: 'sent' | 'received';
  readonly type: 'text' | 'binary';
  /** The size of its payload on the wire in bytes: compressed, if it was. */
  readonly size: number;
  readonly isCompressed: boolean;
  readonly fragments: number;
}

/** Published on `ws101:close`. */
export interface CloseDiagnostic {
  readonly connection: WebSocketConnection;
  readonly role: Role;
  /** The same as the `close` event gets. */
  readonly info: CloseInfo;
}

/** Published on `ws101:error`, before `ws101:close`. */
export interface ErrorDiagnostic {
  readonly connection: WebSocketConnection;
  readonly role: Role;
  /** The `cause` of CloseInfo. */
  readonly error: Error;
}

/** What is published on each channel. */
export interface Diagnostics {
  'ws101:handshake': HandshakeDiagnostic;
  'ws101:frame': FrameDiagnostic;
  'ws101:message': MessageDiagnostic;
  'ws101:close': CloseDiagnostic;
  'ws101:error': ErrorDiagnostic;
}

type TypedChannel<Event> = Channel & { publish(event: Event): void };

export const HANDSHAKES: TypedChannel<HandshakeDiagnostic> = channel('ws101:handshake');
export const FRAMES: TypedChannel<FrameDiagnostic> = channel('ws101:frame');
export const MESSAGES: TypedChannel<MessageDiagnostic> = channel('ws101:message');
const CLOSES: TypedChannel<CloseDiagnostic> = channel('ws101:close');
const ERRORS: TypedChannel<ErrorDiagnostic> = channel('ws101:error');

/** Publishes the end of a connection. */
export function publishClose(connection: WebSocketConnection, role: Role, info: CloseInfo): void {
  if (ERRORS.hasSubscribers && info.cause !== undefined) ERRORS.publish({ connection, role, error: info.cause });
  if (CLOSES.hasSubscribers) CLOSES.publish({ connection, role, info });
}

debugLog();
