import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HandlerError } from '../errors.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import { GrowingBytes } from '../handshake/growing-bytes.js';
import type { RequestHead } from '../handshake/http1/head.js';
import type { Http1UpgradeRequest } from '../handshake/http1/request-rules.js';
import { summarizeRequest } from '../handshake/http1/request-summary.js';
import { acceptRequest, encodeRefusal } from '../handshake/http1/responses.js';
import { Refusal } from '../handshake/refusal.js';
import type { RequestSummary, UpgradeRequest } from '../handshake/request.js';
import { acceptOffer, PerMessageDeflate } from '../permessage-deflate/index.js';
import { endAndDiscard } from '../transport/linger.js';
import { destroySocket, disownSocket, ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import { acceptedTransportInfo } from '../transport/transport-info.js';
import { authorizeRequest } from './authorization.js';
import type { Accepted, PendingRequest, RefusedRequest, ServerRequest, ServerSettings } from './options.js';

/** Early frames beyond this stop the reading until the handshake is over. */
const MAX_EARLY_BYTES = 65_536;

/** A socket whose opening handshake is done. */
export interface Upgraded<Context> {
  readonly request: ServerRequest<Context>;
  /** The subprotocol agreed on, or ''. */
  readonly subprotocol: string;
  /** The value of Sec-WebSocket-Extensions agreed on, or ''. */
  readonly extensions: string;
  readonly deflate: PerMessageDeflate | undefined;
  /** Bytes that came behind the handshake. */
  readonly head: Uint8Array;
}

/** A socket that has not become a connection yet. */
export interface Pending {
  refuse(refusal: Refusal): void;
}

export interface UpgradeOwner<Context> {
  readonly settings: ServerSettings<Context>;
  /** Whether one more connection may be, at this moment. */
  readonly hasRoom: boolean;
  /** Those whose opening handshake is not over, one way or the other. They add and remove themselves. */
  readonly pending: Set<Pending>;
  /** Sockets that were refused, or that nobody wants, and are not gone yet. They are added and removed likewise. */
  readonly refusedSockets: Set<Duplex>;
  upgraded(socket: Duplex, outcome: Upgraded<Context>): void;
  /** Somebody else has answered the request while authorize() was deciding: `socket` was left to them. */
  taken(): void;
  refused(refusal: Refusal, request: RefusedRequest | undefined): void;
  handlerFailed(error: HandlerError): void;
}

const NO_BYTES = new Uint8Array(0);

/**
 * One socket on its way to a connection: what is left of the opening handshake once its request is read and found valid, or not.
 *
 *     request ──▶ room? ──▶ authorize() ──▶ subprotocol ──▶ 101 ──▶ upgraded()
 *        └──────────┴────────────┴──────────────┴──▶ complete response, end, short drain ──▶ refused()
 *
 * What the client sends meanwhile is kept for the connection: up to 64 KiB, then its socket is paused. A request that another `upgrade`
 * listener answers meanwhile is left to it.
 */
export class Upgrade<Context> implements SocketOwner, Pending {
  readonly #socket: Duplex;
  readonly #owner: UpgradeOwner<Context>;
  /** Aborted when nobody needs the answer of authorize() any more. */
  #asking: AbortController | undefined;
  /** What had been written to the socket when authorize() was asked. */
  #bytesWritten: number | undefined;
  /** For the `refused` event; undefined if no request could be read. */
  #request: RefusedRequest | undefined;
  /** In memory of its own: a chunk of one byte takes 150. */
  #early: GrowingBytes | undefined;
  #isSettled = false;

  constructor(socket: Duplex, owner: UpgradeOwner<Context>) {
    this.#socket = socket;
    this.#owner = owner;
    owner.pending.add(this);
    ownSocket(socket, this);
  }

  /**
   * Goes on with a request that was read.
   *
   * @param early the bytes after its head
   * @param head undefined if it is malformed
   */
  decide(outcome: UpgradeRequest | Refusal, early: Uint8Array, head: RequestHead | undefined): void {
    // Whoever brings an upgrade may have kept it for a while.
    if (this.#socket.destroyed) {
      this.socketClose();
    } else if (this.#socket.readableEnded) {
      this.socketEnd();
    } else if (outcome instanceof Refusal) {
      if (head !== undefined) this.#request = this.#withTransport(summarizeRequest(head));
      this.refuse(outcome);
    } else if (!this.#isSettled) {
      // It is settled if the function that was given as `origins` closed the server.
      if (early.length > 0) this.socketData(early);
      const pending = this.#withTransport(outcome);
      this.#request = pending;
      this.#judge(pending);
    }
  }

  #withTransport<Request extends RequestSummary>(request: Request): Request & RefusedRequest {
    return Object.assign(request, { transport: acceptedTransportInfo(this.#socket) });
  }

  #judge(pending: PendingRequest): void {
    if (!this.#owner.hasRoom) this.refuse(this.#noRoom());
    else if (this.#owner.settings.authorize === undefined) this.#accept(pending, undefined as Accepted<Context>);
    else void this.#ask(pending);
  }

  async #ask(pending: PendingRequest): Promise<void> {
    this.#asking = new AbortController();
    this.#bytesWritten = bytesWritten(this.#socket);
    const verdict = await authorizeRequest(pending, this.#owner.settings, this.#asking);
    if ('error' in verdict && verdict.error !== undefined) this.#owner.handlerFailed(verdict.error);
    if ('refusal' in verdict) {
      this.refuse(verdict.refusal);
    } else if (!this.#owner.hasRoom) {
      // Others have come in while the application made up its mind.
      this.refuse(this.#noRoom());
    } else if (!this.#isSettled && !this.#leaveIfTaken()) {
      this.#accept(pending, verdict.context);
    }
  }

  #accept(pending: PendingRequest, context: Accepted<Context>): void {
    const request: ServerRequest<Context> = Object.assign(pending, { context });
    let response: Uint8Array;
    let subprotocol: string | undefined;
    const { deflate, connection } = this.#owner.settings;
    const accepted = deflate && acceptOffer(request.extensions, deflate);
    const extensions = accepted === undefined ? [] : [accepted.response];
    try {
      subprotocol = this.#owner.settings.chooseSubprotocol(request);
      response = acceptRequest(request as unknown as Http1UpgradeRequest, { subprotocol, extensions });
    } catch (thrown) {
      const isReported = thrown instanceof HandlerError;
      this.#owner.handlerFailed(isReported ? thrown : new HandlerError('subprotocols', thrown, 'option'));
      this.refuse(new Refusal(500, { detail: 'The choice of a subprotocol failed: see the handlerError event.' }));
      return;
    }
    // The application may have shut the server down while it chose.
    if (this.#isSettled) return;
    this.#settle();
    if (!this.#write(response)) return;
    this.#owner.upgraded(this.#socket, {
      request,
      subprotocol: subprotocol ?? '',
      extensions: serializeExtensions(extensions),
      deflate: accepted && new PerMessageDeflate('server', accepted.agreed, deflate!, connection.maxMessageSize),
      head: this.#early?.view() ?? NO_BYTES,
    });
  }

  /** Leaves the socket to whoever has ended it, or has written to it, since authorize() was asked. Returns whether there is somebody. */
  #leaveIfTaken(): boolean {
    const socket = this.#socket;
    if (this.#asking === undefined || (socket.writable && bytesWritten(socket) === this.#bytesWritten)) return false;
    this.socketClose();
    // One that was destroyed may just as well have been reset by the client.
    if (!socket.destroyed) this.#owner.taken();
    if (!socket.writable || hasOtherReader(socket)) {
      disownSocket(socket);
      socket.resume();
    } else {
      // Nobody would end it: what was written may be the response to an earlier request, which the client did not wait for.
      this.#endAndDiscard();
    }
    return true;
  }

  /** Answers with a complete response and ends the connection: no second request is ever read from it. */
  refuse(refusal: Refusal): void {
    if (refusal.error !== undefined) this.#owner.handlerFailed(refusal.error);
    if (this.#isSettled || this.#leaveIfTaken()) return;
    this.#settle();
    this.#asking?.abort(new Error(`the request was refused with ${refusal.status}`));
    if (this.#write(encodeRefusal(refusal))) this.#endAndDiscard();
    this.#owner.refused(refusal, this.#request);
  }

  #endAndDiscard(): void {
    const { refusedSockets } = this.#owner;
    refusedSockets.add(this.#socket);
    endAndDiscard(this.#socket, () => refusedSockets.delete(this.#socket));
  }

  #noRoom(): Refusal {
    const { maxConnections } = this.#owner.settings;
    return new Refusal(503, {
      detail: `There are as many connections as the option maxConnections allows, ${maxConnections}.`,
    });
  }

  /** Returns false if the socket refuses to be written to: a Duplex of the application's own may throw. */
  #write(bytes: Uint8Array): boolean {
    try {
      this.#socket.write(bytes);
      return true;
    } catch {
      destroySocket(this.#socket);
      return false;
    }
  }

  /** Early frames. */
  socketData(chunk: Uint8Array): void {
    this.#early ??= new GrowingBytes();
    this.#early.append(chunk, 0, chunk.length);
    if (this.#early.length > MAX_EARLY_BYTES) this.#socket.pause();
  }

  // Our sockets stay half open, so that a FIN does not close them. But who ends his side before the 101 has no use for one.
  socketEnd(): void {
    destroySocket(this.#socket);
  }

  // What goes wrong with the transport shows in its end.
  socketError(): void {}

  socketClose(): void {
    this.#asking?.abort(new Error('the client has gone'));
    this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#owner.pending.delete(this);
  }
}

/** Whether somebody besides us reads from a socket of ours. */
function hasOtherReader(socket: Duplex): boolean {
  return socket.listenerCount('data') > 1 || socket.listenerCount('readable') > 0;
}

/** undefined for a Duplex that does not count them. */
function bytesWritten(socket: Duplex): number | undefined {
  return (socket as Partial<Socket>).bytesWritten;
}
