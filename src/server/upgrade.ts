import type { Duplex } from 'node:stream';
import { endAndDiscard } from '../connection/linger.js';
import { transportInfo } from '../connection/transport-info.js';
import { HandlerError } from '../errors.js';
import { acceptOffer, PermessageDeflate } from '../extensions/permessage-deflate/index.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import { encodeRefusal, Refusal } from '../handshake/refusal.js';
import { acceptRequest } from '../handshake/server-handshake.js';
import type { UpgradeRequest } from '../handshake/upgrade-request.js';
import { authorizeRequest } from './authorization.js';
import type { PendingRequest, ServerRequest, ServerSettings } from './options.js';

/** Early frames beyond this stop the reading until the handshake is over. */
const MAX_EARLY_BYTES = 65_536;

/** A socket whose opening handshake is done. */
export interface Upgraded<Context> {
  readonly request: ServerRequest<Context>;
  /** The subprotocol agreed on, or ''. */
  readonly subprotocol: string;
  /** The value of Sec-WebSocket-Extensions agreed on, or ''. */
  readonly extensions: string;
  readonly deflate: PermessageDeflate | undefined;
  /** Bytes that came behind the handshake. */
  readonly head: Uint8Array;
}

export interface UpgradeOwner<Context> {
  readonly settings: ServerSettings<Context>;
  /** Whether one more connection may be, at this moment. */
  readonly hasRoom: boolean;
  upgraded(socket: Duplex, outcome: Upgraded<Context>): void;
  refused(refusal: Refusal, request: PendingRequest | undefined): void;
  handlerFailed(error: HandlerError): void;
  /** The upgrade is over, one way or the other. */
  settled(upgrade: Upgrade<Context>): void;
}

/**
 * One socket on its way to a connection: what is left of the opening handshake once its request is read and found valid, or not.
 *
 *     request ──▶ room? ──▶ authorize() ──▶ subprotocol ──▶ 101 ──▶ upgraded()
 *        └──────────┴────────────┴──────────────┴──▶ complete response, end, short drain ──▶ refused()
 *
 * What the client sends meanwhile is kept for the connection: up to 64 KiB, then its socket is paused.
 */
export class Upgrade<Context> {
  readonly #socket: Duplex;
  readonly #owner: UpgradeOwner<Context>;
  readonly #gone = new AbortController();
  readonly #early: Uint8Array[] = [];
  #earlySize = 0;
  #isSettled = false;
  readonly #onData = (chunk: Uint8Array): void => this.#keepEarly(chunk);
  // Our sockets stay half open, so that a FIN does not close them. But who ends his side before the 101 has no use for one.
  readonly #onEnd = (): void => void this.#socket.destroy();
  readonly #onClose = (): void => this.#lost();

  constructor(socket: Duplex, owner: UpgradeOwner<Context>) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('error', ignore);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  /** Goes on with a request that was read. `head` is what came behind it. */
  async decide(outcome: UpgradeRequest | Refusal, head: Uint8Array): Promise<void> {
    // Whoever brings an upgrade may have kept it for a while.
    if (this.#socket.destroyed) return this.#lost();
    if (outcome instanceof Refusal) return this.refuse(outcome, undefined);
    this.#socket.on('data', this.#onData);
    if (head.length > 0) this.#keepEarly(head);
    const { settings } = this.#owner;
    const pending: PendingRequest = { ...outcome, transport: transportInfo(this.#socket) };
    if (!this.#owner.hasRoom) return this.refuse(new Refusal(503), pending);
    const verdict = await authorizeRequest(pending, settings, this.#gone.signal);
    if ('refusal' in verdict) {
      if (verdict.error !== undefined) this.#owner.handlerFailed(verdict.error);
      return this.refuse(verdict.refusal, pending);
    }
    // Others may have come in while the application made up its mind.
    if (!this.#owner.hasRoom) return this.refuse(new Refusal(503), pending);
    this.#accept({ ...pending, context: verdict.context });
  }

  #accept(request: ServerRequest<Context>): void {
    if (this.#isSettled) return;
    let response: Uint8Array;
    let subprotocol: string | undefined;
    const { deflate, connection } = this.#owner.settings;
    const accepted = deflate && acceptOffer(request.extensions, deflate);
    const extensions = accepted === undefined ? [] : [accepted.response];
    try {
      subprotocol = this.#owner.settings.chooseSubprotocol(request);
      response = acceptRequest(request, { subprotocol, extensions });
    } catch (thrown) {
      this.#owner.handlerFailed(new HandlerError('subprotocols', thrown, 'option'));
      this.refuse(new Refusal(500), request);
      return;
    }
    this.#settle();
    this.#socket.off('error', ignore);
    this.#socket.write(response);
    const head = this.#early.length === 1 ? this.#early[0]! : Buffer.concat(this.#early);
    this.#owner.upgraded(this.#socket, {
      request,
      subprotocol: subprotocol ?? '',
      extensions: serializeExtensions(extensions),
      deflate: accepted && new PermessageDeflate('server', accepted.agreed, deflate!, connection.maxMessageSize),
      head,
    });
  }

  /** Answers with a complete response and ends the connection: no second request is ever read from it. */
  refuse(refusal: Refusal, request: PendingRequest | undefined): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#gone.abort(new Error(`the request was refused with ${refusal.status}`));
    if (this.#socket.writable) {
      this.#socket.write(encodeRefusal(refusal));
      endAndDiscard(this.#socket);
    } else {
      this.#socket.destroy();
    }
    this.#owner.refused(refusal, request);
  }

  #keepEarly(chunk: Uint8Array): void {
    this.#early.push(chunk);
    this.#earlySize += chunk.length;
    if (this.#earlySize > MAX_EARLY_BYTES) this.#socket.pause();
  }

  #lost(): void {
    this.#gone.abort(new Error('the client has gone'));
    this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
    this.#owner.settled(this);
  }
}

/** What goes wrong with the transport shows in its `close`; without this listener it would end the process. */
function ignore(): void {}
