import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { typeError } from '../errors.js';
import { CLOSE_TIMEOUT, MAX_BUFFERED_CHUNKS, MAX_FRAGMENTS, MAX_PAYLOAD, MAX_PENDING_AUTO_PONGS } from './constants.js';
import type { PerMessageDeflateOptions } from './per-message-deflate.js';
import type { LinkOptions } from './socket-link.js';
import type { WebSocket } from './web-socket.js';

/** What verifyClient() gets. */
export interface ClientInfo {
  origin: string;
  secure: boolean;
  req: IncomingMessage;
}

/** Returns whether a request is accepted, or calls back with that if it has two parameters. */
export type VerifyClient = (
  info: ClientInfo,
  callback: (isVerified: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => unknown;

/** Options of a WebSocketServer. */
export interface ServerOptions extends Omit<LinkOptions, 'generateMask'> {
  autoPong?: boolean | undefined;
  backlog?: number | null | undefined;
  clientTracking?: boolean | undefined;
  closeTimeout?: number | undefined;
  handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null | undefined;
  host?: string | null | undefined;
  maxPendingAutoPongs?: number | undefined;
  noServer?: boolean | undefined;
  path?: string | null | undefined;
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  port?: number | null | undefined;
  server?: HttpServer | HttpsServer | null | undefined;
  verifyClient?: VerifyClient | null | undefined;
  WebSocket?: typeof WebSocket | undefined;
}

/** @throws {TypeError} unless one of `port`, `server` and `noServer` is given */
export function resolveServerOptions(
  options: ServerOptions | undefined,
  WebSocketClass: typeof WebSocket,
): ServerOptions {
  const resolved: ServerOptions = {
    allowSynchronousEvents: true,
    autoPong: true,
    backlog: null,
    clientTracking: true,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: null,
    host: null,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    maxFragments: MAX_FRAGMENTS,
    maxPayload: MAX_PAYLOAD,
    maxPendingAutoPongs: MAX_PENDING_AUTO_PONGS,
    noServer: false,
    path: null,
    perMessageDeflate: false,
    port: null,
    server: null,
    skipUTF8Validation: false,
    verifyClient: null,
    WebSocket: WebSocketClass,
    ...options,
  };
  const sources = [resolved.port != null, Boolean(resolved.server), resolved.noServer].filter(Boolean);
  if (sources.length !== 1) {
    throw typeError('One and only one of the "port", "server", or "noServer" options must be specified');
  }
  if (resolved.perMessageDeflate === true) resolved.perMessageDeflate = {};
  return resolved;
}
