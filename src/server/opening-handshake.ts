import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandlerError } from '../errors.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import { GrowingBytes } from '../handshake/growing-bytes.js';
import type { HeaderLine } from '../handshake/header-fields.js';
import { acceptanceHeaders } from '../handshake/negotiation.js';
import { Refusal } from '../handshake/refusal.js';
import type { RequestSummary, UpgradeRequest } from '../handshake/request.js';
import { acceptOffer, PerMessageDeflate } from '../permessage-deflate/index.js';
import { endAndDiscard } from '../transport/linger.js';
import { destroySocket, disownSocket, ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import { acceptedTransportInfo } from '../transport/transport-info.js';
import { type Accepted, type Authorize, authorizeRequest } from './authorization.js';
import type { PendingRequest, RefusedRequest, ServerRequest } from './requests.js';
import type { Responder } from './responder.js';
import type { ServerSettings } from './settings.js';

/** If early frames of a client have more bytes than this, its socket is paused until the handshake is over. */
const MAX_EARLY_BYTES = 65_536;

/** A socket whose opening handshake is done. */
export interface Upgraded<Context> {
  readonly request: ServerRequest<Context>;
  /** The subprotocol agreed on, or ''. */
  readonly subprotocol: string;
  /** The value of Sec-WebSocket-Extensions agreed on, or ''. */
  readonly extensions: string;
  readonly deflate: PerMessageDeflate | undefined;
  /** The bytes after the handshake. */
  readonly head: Uint8Array;
}

/** A handshake that is not over. */
export interface PendingHandshake {
  refuse(refusal: Refusal): void;
}

/** The part of a server that its handshakes use. */
export interface HandshakeOwner<Context> {
  readonly settings: ServerSettings<Context>;
  /** Whether maxConnections allows one more connection now. */
  readonly hasRoom: boolean;
  /** The handshakes that are not over. They add and remove themselves. */
  readonly pending: Set<PendingHandshake>;
  /** The sockets that were refused and have not closed. They are added and removed by their handshake. */
  readonly refusedSockets: Set<Duplex>;
  upgraded(socket: Duplex, outcome: Upgraded<Context>): WebSocketConnection<Accepted<Context>>;
  /** Another listener has answered the request while authorize() was deciding, so the socket was left to it. */
  taken(): void;
  refused(refusal: Refusal, request: RefusedRequest | undefined): void;
  handlerFailed(error: HandlerError): void;
}

/** The result of a handshake: undefined if the client has left, or if another listener answered the request. */
export type HandshakeOutcome<Context> = WebSocketConnection<Accepted<Context>> | Refusal | undefined;

/** The arguments that handleUpgrade() passes to a handshake. */
export interface HandshakeInit<Context> {
  readonly incoming?: IncomingMessage;
  /** Replaces the option `authorize`. */
  readonly authorize?: Authorize<Context> | undefined;
  /** Called once, when the handshake is over. */
  settled?(outcome: HandshakeOutcome<Context>): void;
}

const NO_BYTES = new Uint8Array(0);

/**
 * One opening handshake from its request to a connection or a refusal, the same for every version of HTTP.
 *
 *     request ──▶ room? ──▶ authorize() ──▶ subprotocol, headers ──▶ Responder.accept() ──▶ upgraded()
 *        └──────────┴────────────┴──────────────────┴──▶ Responder.refuse(), end, short drain ──▶ refused()
 *
 * Early frames of the client are kept for the connection. At 64 KiB, its socket is paused. If another `upgrade`
 * listener answers the request meanwhile, the socket is left to it.
 */
export class OpeningHandshake<Context, Request extends UpgradeRequest = UpgradeRequest>
  implements SocketOwner, PendingHandshake
{
  readonly #socket: Duplex;
  readonly #responder: Responder<Request>;
  readonly #owner: HandshakeOwner<Context>;
  readonly #init: HandshakeInit<Context>;
  /** Aborted when the answer of authorize() is no longer needed. */
  #abort: AbortController | undefined;
  /** How much had been written to the socket when authorize() was called. */
  #bytesWritten: number | undefined;
  /** For the `refused` event; undefined if no request could be read. */
  #request: RefusedRequest | undefined;
  /** The early frames, copied because a chunk of one byte occupies 150 bytes. */
  #early: GrowingBytes | undefined;
  #isSettled = false;

  constructor(
    socket: Duplex,
    responder: Responder<Request>,
    owner: HandshakeOwner<Context>,
    init: HandshakeInit<Context> = {},
  ) {
    this.#socket = socket;
    this.#responder = responder;
    this.#owner = owner;
    this.#init = init;
    owner.pending.add(this);
    ownSocket(socket, this);
  }

  /**
   * Decides on a request.
   *
   * @param early the bytes after its head
   * @param summary a summary of a request that is refused; undefined if it is malformed
   */
  decide(outcome: Request | Refusal, early: Uint8Array, summary: RequestSummary | undefined): void {
    // The client may have left before handleUpgrade() was called.
    if (this.#socket.destroyed) {
      this.socketClose();
    } else if (this.#socket.readableEnded) {
      this.socketEnd();
    } else if (outcome instanceof Refusal) {
      if (summary !== undefined) this.#request = this.#received(summary);
      this.refuse(outcome);
    } else if (!this.#isSettled) {
      // A function passed as `origins` may have closed the server, which settles the handshake.
      if (early.length > 0) this.socketData(early);
      const pending = this.#received(outcome);
      this.#request = pending;
      this.#authorize(pending);
    }
  }

  #received<Summary extends RequestSummary>(request: Summary): Summary & RefusedRequest {
    return Object.assign(request, {
      transport: acceptedTransportInfo(this.#socket),
      incoming: this.#init.incoming,
    });
  }

  #authorize(pending: Request & PendingRequest): void {
    const authorize = this.#init.authorize ?? this.#owner.settings.authorize;
    if (!this.#owner.hasRoom) this.refuse(this.#noRoom());
    else if (authorize === undefined) this.#accept(pending, undefined as Accepted<Context>);
    else void this.#askApplication(pending, authorize);
  }

  async #askApplication(pending: Request & PendingRequest, authorize: Authorize<Context>): Promise<void> {
    this.#abort = new AbortController();
    this.#bytesWritten = bytesWritten(this.#socket);
    const verdict = await authorizeRequest(pending, authorize, this.#owner.settings.authorizeTimeout, this.#abort);
    if ('error' in verdict && verdict.error !== undefined) this.#owner.handlerFailed(verdict.error);
    if ('refusal' in verdict) {
      this.refuse(verdict.refusal);
    } else if (!this.#owner.hasRoom) {
      // Other connections were opened while the application decided.
      this.refuse(this.#noRoom());
    } else if (!this.#isSettled && !this.#leaveIfTaken()) {
      this.#accept(pending, verdict.context, verdict.responseHeaders);
    }
  }

  #accept(pending: Request & PendingRequest, context: Accepted<Context>, fromAuthorize?: Iterable<HeaderLine>): void {
    const request: Request & ServerRequest<Context> = Object.assign(pending, { context });
    const { settings } = this.#owner;
    const { deflate } = settings;
    const accepted = deflate && acceptOffer(request.extensions, deflate);
    const extensions = accepted === undefined ? [] : [accepted.response];
    let subprotocol: string | undefined;
    let lines: HeaderLine[];
    try {
      subprotocol = settings.chooseSubprotocol(request);
      const headers = responseHeadersOf(settings.headers?.(request), fromAuthorize);
      lines = acceptanceHeaders(request, { subprotocol, extensions, headers });
    } catch (thrown) {
      // Only the subprotocol can still be invalid: a function may choose one that was not offered.
      const error = thrown instanceof HandlerError ? thrown : new HandlerError('subprotocols', thrown, 'option');
      this.refuse(new Refusal(500, { detail: `${error.message} (see the handlerError event)` }, { error }));
      return;
    }
    // These functions may have closed the server.
    if (this.#isSettled) return;
    this.#leavePending();
    if (!this.#send(() => this.#responder.accept(this.#socket, request, lines))) {
      this.#init.settled?.(undefined);
      return;
    }
    const connection = this.#owner.upgraded(this.#socket, {
      request,
      subprotocol: subprotocol ?? '',
      extensions: serializeExtensions(extensions),
      deflate:
        accepted && new PerMessageDeflate('server', accepted.agreed, deflate!, settings.connection.maxMessageSize),
      head: this.#early?.view() ?? NO_BYTES,
    });
    this.#init.settled?.(connection);
  }

  /**
   * Leaves the socket to another listener that has ended it or written to it since authorize() was called. Returns
   * whether there is one.
   */
  #leaveIfTaken(): boolean {
    const socket = this.#socket;
    if (this.#abort === undefined || (socket.writable && bytesWritten(socket) === this.#bytesWritten)) return false;
    this.socketClose();
    // A socket may also be destroyed because the client reset it.
    if (!socket.destroyed) this.#owner.taken();
    if (!socket.writable || hasOtherReader(socket)) {
      disownSocket(socket);
      socket.resume();
    } else {
      // No other listener ends the socket. The bytes may be the response to an earlier request, if the client did not
      // wait for it.
      this.#endAndDiscard();
    }
    return true;
  }

  /** Answers with a complete response and ends the connection. No second request is read from it. */
  refuse(refusal: Refusal): void {
    if (refusal.error !== undefined) this.#owner.handlerFailed(refusal.error);
    if (this.#isSettled || this.#leaveIfTaken()) return;
    this.#leavePending();
    this.#abort?.abort(new Error(`the request was refused with ${refusal.status}`));
    if (this.#send(() => this.#responder.refuse(this.#socket, refusal))) this.#endAndDiscard();
    this.#owner.refused(refusal, this.#request);
    this.#init.settled?.(refusal);
  }

  /** Sends a complete response to a request that was not for a WebSocket, and ends the connection. */
  respond(response: Uint8Array): void {
    this.#leavePending();
    if (this.#send(() => this.#socket.write(response))) this.#endAndDiscard();
    this.#init.settled?.(undefined);
  }

  #endAndDiscard(): void {
    const { refusedSockets } = this.#owner;
    refusedSockets.add(this.#socket);
    endAndDiscard(this.#socket, () => refusedSockets.delete(this.#socket));
  }

  #noRoom(): Refusal {
    const { maxConnections } = this.#owner.settings;
    return new Refusal(503, {
      detail: `The server has ${maxConnections} connections, as many as maxConnections allows.`,
    });
  }

  /** Returns false if the socket can't be written to: a Duplex of the application may throw. */
  #send(respond: () => void): boolean {
    try {
      respond();
      return true;
    } catch {
      destroySocket(this.#socket);
      return false;
    }
  }

  /** Keeps early frames. */
  socketData(chunk: Uint8Array): void {
    this.#early ??= new GrowingBytes();
    this.#early.append(chunk, 0, chunk.length);
    if (this.#early.length > MAX_EARLY_BYTES) this.#socket.pause();
  }

  // Sockets stay half-open, so a FIN does not close them. But a client that half-closes before the response has given
  // up.
  socketEnd(): void {
    destroySocket(this.#socket);
  }

  // Nothing to do, because `close` follows.
  socketError(): void {}

  socketClose(): void {
    this.#abort?.abort(new Error('the client has left'));
    if (this.#isSettled) return;
    this.#leavePending();
    this.#init.settled?.(undefined);
  }

  #leavePending(): void {
    this.#isSettled = true;
    this.#owner.pending.delete(this);
  }
}

/** Whether another listener reads from a socket that this library owns. */
function hasOtherReader(socket: Duplex): boolean {
  return socket.listenerCount('data') > 1 || socket.listenerCount('readable') > 0;
}

/** Returns how many bytes were written to a socket, or undefined for a Duplex that does not count them. */
function bytesWritten(socket: Duplex): number | undefined {
  return (socket as Partial<Socket>).bytesWritten;
}

/** Joins the headers of both sources. Most responses have none, and then nothing is allocated. */
function responseHeadersOf(
  fromOption: Iterable<HeaderLine> | undefined,
  fromAuthorize: Iterable<HeaderLine> | undefined,
): Iterable<HeaderLine> | undefined {
  if (fromOption === undefined || fromAuthorize === undefined) return fromOption ?? fromAuthorize;
  return [...fromOption, ...fromAuthorize];
}
