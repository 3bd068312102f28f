/** The requests that authorize() and the events of a server receive. */
import type { IncomingMessage } from 'node:http';
import type { RequestSummary, UpgradeRequest } from '../handshake/request.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { Accepted } from './authorization.js';

/** The properties that a server adds to each request. */
interface Received {
  /** The addresses, and TLS if there is any. */
  readonly transport: TransportInfo;
  /**
   * Node's request, if a server of Node received it (`server`, `noServer`), with the properties that middleware has
   * set; undefined if the WebSocketServer listens itself.
   */
  readonly incoming: IncomingMessage | undefined;
}

/** A request that was refused, valid or not. A valid one has all properties of PendingRequest. */
export interface RefusedRequest extends RequestSummary, Received {}

/** A valid request, which authorize() decides on. */
export interface PendingRequest extends UpgradeRequest, Received {}

/** A request that was accepted. */
export interface ServerRequest<Context = unknown> extends PendingRequest {
  /**
   * The value that authorize() returned or handleUpgrade() got; undefined without either. Also `connection.context`.
   */
  readonly context: Accepted<Context>;
}
