import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { CONNECTION_OPTION_NAMES, type ConnectionOptions } from '../connection/options.js';
import type { HeaderInput } from '../handshake/header-fields.js';
import { SERVER_HANDSHAKE_OPTION_NAMES, type ServerHandshakeOptions } from '../handshake/http1/server-handshake.js';
import type { OptionNames } from '../option-names.js';
import type { PerMessageDeflateOptions } from '../permessage-deflate/index.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { WireTap } from '../transport/wire-tap.js';
import type { Authorize } from './authorization.js';
import type { Respond } from './plain-response.js';
import type { PendingRequest, ServerRequest } from './requests.js';

/** Options of WebSocketServer. */
export interface ServerOptions<Context = unknown> extends ConnectionOptions, ServerHandshakeOptions {
  /**
   * The port to listen on; 0 chooses a free one. Exactly one of `port`, `socketPath`, `server` and `noServer` is
   * needed.
   */
  readonly port?: number | undefined;
  /** The address to listen on. By default all addresses. */
  readonly host?: string | undefined;
  /** The path of a Unix domain socket to listen on. */
  readonly socketPath?: string | undefined;
  /** How many connections may wait in the kernel to be accepted. Default 511, as in Node. */
  readonly backlog?: number | undefined;
  /** Options of node:tls, at least `cert` and `key`. They make this a server for wss. */
  readonly tls?: TlsOptions | undefined;
  /**
   * A server of node:http or node:https to attach to. Its own limits and deadlines for heads apply. Several
   * WebSocketServers may be attached, each with its own path. One of them may have no path: it gets all other requests.
   */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** Whether upgrades come from handleUpgrade() only. */
  readonly noServer?: boolean | undefined;
  /**
   * The subprotocols that this server supports, of which the client's preferred one is chosen; or a function that
   * chooses one of those offered.
   */
  readonly subprotocols?:
    | readonly string[]
    | ((offered: readonly string[], request: PendingRequest) => string | undefined)
    | undefined;
  /** Compression by permessage-deflate (RFC 7692) if the client offers it: true, or its options. Off by default. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Decides who may connect. By default everyone may. */
  readonly authorize?: Authorize<Context> | undefined;
  /** How long authorize() may take, in milliseconds. Default 10,000; then the request is refused with 503. */
  readonly authorizeTimeout?: number | undefined;
  /**
   * Headers for the response that opens a connection, or a function that returns them. It must answer synchronously.
   * Headers that the opening handshake sets itself throw. authorize() can add more, by `responseHeaders`.
   */
  // Its type does not contain Context, which TypeScript would infer as unknown from a function before `authorize`.
  readonly headers?: HeaderInput | ((request: ServerRequest) => HeaderInput | undefined) | undefined;
  /**
   * Answers GET and HEAD requests that do not ask for a WebSocket, such as health checks, if the server listens itself.
   * Returns undefined to refuse a request with 426. It must answer synchronously.
   */
  readonly respond?: Respond | undefined;
  /** The maximum number of connections. Further ones are refused with 503. Unlimited by default. */
  readonly maxConnections?: number | undefined;
  /**
   * How long the request may take from TCP accept, TLS included, in milliseconds. Default 10,000; then it is refused
   * with 408.
   */
  readonly handshakeTimeout?: number | undefined;
  /**
   * Returns an object that sees every byte of a connection, or undefined. It is called before the request is read, or,
   * with `server` and `noServer`, when Node has read it: `incoming` is then the request. Refused requests are seen too.
   *
   * Node does not keep the bytes of a request. The tap sees its head as `rawHeaders` has it, so spaces around header
   * values are missing.
   */
  readonly tap?: ((transport: TransportInfo, incoming?: IncomingMessage) => WireTap | undefined) | undefined;
}

export const SERVER_OPTION_NAMES: OptionNames<ServerOptions> = {
  ...CONNECTION_OPTION_NAMES,
  ...SERVER_HANDSHAKE_OPTION_NAMES,
  port: true,
  host: true,
  socketPath: true,
  backlog: true,
  tls: true,
  server: true,
  noServer: true,
  subprotocols: true,
  perMessageDeflate: true,
  authorize: true,
  authorizeTimeout: true,
  headers: true,
  respond: true,
  maxConnections: true,
  handshakeTimeout: true,
  tap: true,
};
