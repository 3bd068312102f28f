import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { typeError } from '../errors.js';
import { CLOSE_TIMEOUT, MAX_BUFFERED_CHUNKS, MAX_FRAGMENTS, MAX_PAYLOAD, MAX_PENDING_AUTO_PONGS } from './constants.js';
import type { PerMessageDeflateOptions } from './per-message-deflate.js';
import type { WebSocketClass } from './public-types.js';
import type { LinkOptions } from './socket-link.js';

/** The first argument of verifyClient(). */
export interface ClientInfo<R = IncomingMessage> {
  origin: string;
  secure: boolean;
  req: R;
}

/** Returns whether a request is accepted. With two parameters, it passes the answer to the callback instead. */
export type VerifyClient<R = IncomingMessage> = (
  info: ClientInfo<R>,
  callback: (isVerified: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => unknown;

/** Options of a WebSocketServer. */
export interface ServerOptions<
  C extends WebSocketClass = WebSocketClass,
  R extends typeof IncomingMessage = typeof IncomingMessage,
> extends Omit<LinkOptions, 'generateMask'> {
  autoPong?: boolean | undefined;
  backlog?: number | undefined;
  clientTracking?: boolean | undefined;
  closeTimeout?: number | undefined;
  handleProtocols?: (protocols: Set<string>, request: InstanceType<R>) => string | false;
  host?: string | undefined;
  maxPendingAutoPongs?: number | undefined;
  noServer?: boolean | undefined;
  path?: string | undefined;
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  port?: number | undefined;
  server?: HttpServer<R> | HttpsServer<R> | undefined;
  verifyClient?: VerifyClient<InstanceType<R>> | undefined;
  WebSocket?: C | undefined;
}

/**
 * Returns the options with their defaults.
 *
 * @throws {TypeError} unless one of `port`, `server` and `noServer` is given
 */
export function resolveServerOptions(
  options: ServerOptions | undefined,
  WebSocketClass: WebSocketClass,
): ServerOptions {
  const resolved = {
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
    perMessageDeflate: false as ServerOptions['perMessageDeflate'],
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
  // `ws` writes null for options that are not set.
  return resolved as ServerOptions;
}
