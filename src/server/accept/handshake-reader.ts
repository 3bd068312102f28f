import type { Duplex } from 'node:stream';
import type { HandlerError } from '../../errors.js';
import type { Http1UpgradeRequest } from '../../handshake/http1/request-rules.js';
import { summarizeRequest } from '../../handshake/http1/request-summary.js';
import { encodeFinalResponse, type FinalResponse } from '../../handshake/http1/responses.js';
import { ServerHandshake } from '../../handshake/http1/server-handshake.js';
import { Refusal } from '../../handshake/refusal.js';
import type { RequestSummary } from '../../handshake/request.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import { destroySocket, ownSocket, type SocketOwner } from '../../transport/socket-owner.js';
import { type HandshakeOwner, OpeningHandshake, type PendingHandshake } from '../opening-handshake.js';
import { plainResponse } from '../plain-response.js';
import { HTTP1_RESPONDER } from '../responder.js';

/**
 * Reads the request of an opening handshake from a socket that the server accepted itself. The deadline is absolute, so
 * a client gains nothing by sending a byte now and then.
 */
export class HandshakeReader<Context> implements SocketOwner, PendingHandshake {
  readonly #socket: Duplex;
  readonly #owner: HandshakeOwner<Context>;
  readonly #handshake: ServerHandshake;
  readonly #timer: NodeJS.Timeout;

  /** @param timeLeft until the deadline, in milliseconds */
  constructor(socket: Duplex, owner: HandshakeOwner<Context>, timeLeft: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#handshake = new ServerHandshake(owner.settings.headLimits, owner.settings.policy);
    const detail = 'The request did not arrive within handshakeTimeout.';
    this.#timer = setTimeout(() => this.refuse(new Refusal(408, { detail })), Math.max(0, timeLeft));
    owner.pending.add(this);
    ownSocket(socket, this);
  }

  /** Refuses before a request has been read. */
  refuse(refusal: Refusal): void {
    this.#next().refuse(refusal);
  }

  socketData(chunk: Uint8Array): void {
    const outcome = this.#handshake.receive(chunk);
    // A function passed as `origins` may have closed the server, which has then refused this handshake.
    if (outcome === undefined || !this.#owner.pending.has(this)) return;
    const { head, rest } = this.#handshake;
    const summary = outcome instanceof Refusal && head !== undefined ? summarizeRequest(head) : undefined;
    const response = summary === undefined ? undefined : this.#plainResponse(summary);
    const handshake = this.#next();
    if (response === undefined) handshake.decide(outcome, rest, summary);
    else if (response instanceof Refusal) handshake.refuse(response);
    else handshake.respond(encodeFinalResponse(response));
  }

  /** Returns the answer of the option `respond` to a request that is not for a WebSocket, or a refusal if it fails. */
  #plainResponse(request: RequestSummary): FinalResponse | Refusal | undefined {
    try {
      return plainResponse(this.#owner.settings.respond, request);
    } catch (thrown) {
      const error = thrown as HandlerError;
      return new Refusal(500, { detail: `${error.message} (see the handlerError event)` }, { error });
    }
  }

  // Sockets stay half-open, so a FIN does not close them. But a client that half-closes before the response has given
  // up.
  socketEnd(): void {
    destroySocket(this.#socket);
  }

  // Nothing to do, because `close` follows.
  socketError(): void {}

  socketClose(): void {
    this.#leave();
  }

  #next(): OpeningHandshake<Context, Http1UpgradeRequest> {
    this.#leave();
    return new OpeningHandshake(this.#socket, HTTP1_RESPONDER, this.#owner);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#owner.pending.delete(this);
  }
}
