import type { Duplex } from 'node:stream';
import { onAbort } from '../abort-signal.js';
import { type Fault, HandshakeError } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import type { ClientHandshake } from '../handshake/http1/client-handshake.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { destroySocket, ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import type { Transport } from '../transport/transport.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { WireTap } from '../transport/wire-tap.js';
import { amended, faultOfAbort, HandshakeTimeout, messageOf } from './failure.js';

/**
 * How long to wait for the body of a response other than 101 after its head, in milliseconds. The body is only for the
 * error, and it may never end: an event stream does not, nor does a body without a length if the server keeps the
 * connection open.
 */
const BODY_TIMEOUT = 1_000;

/** The parameters of an opening handshake, besides its transport. */
export interface HandshakeSetup {
  readonly handshake: ClientHandshake;
  /** The URL for error messages. */
  readonly url: string;
  /** Ends the handshake. Its reason becomes the cause. */
  readonly signal: AbortSignal;
  readonly tap: WireTap | undefined;
  /** Returns what both ends agreed on about compression, or an error that fails the handshake. */
  readonly agreeOnDeflate: (agreement: Agreement) => PerMessageDeflate | undefined | HandshakeError;
  /** Whether the head of a response suffices, so that its body is not waited for. */
  readonly isHeadEnough: () => boolean;
}

/** The outcome of an opening handshake. */
export interface OpenHandshake {
  readonly agreement: Agreement;
  readonly deflate: PerMessageDeflate | undefined;
}

/**
 * Sends the request over a connected Duplex and reads the response. Afterwards the Duplex is paused, and the connection
 * owns it.
 *
 * @throws {HandshakeError} and destroys the Duplex
 */
export function openHandshake(transport: Transport, setup: HandshakeSetup): Promise<OpenHandshake> {
  return new Promise((resolve, reject) => {
    new OpeningHandshake(transport, setup, resolve, reject).start();
  });
}

class OpeningHandshake implements SocketOwner {
  readonly #duplex: Duplex;
  readonly #info: TransportInfo;
  readonly #setup: HandshakeSetup;
  readonly #resolve: (result: OpenHandshake) => void;
  readonly #reject: (error: HandshakeError) => void;
  #isSent = false;
  #isOver = false;
  #error: HandshakeError | undefined;
  #bodyTimer: NodeJS.Timeout | undefined;
  #stopListening: () => void = () => {};

  constructor(
    transport: Transport,
    setup: HandshakeSetup,
    resolve: (result: OpenHandshake) => void,
    reject: (error: HandshakeError) => void,
  ) {
    this.#duplex = transport.duplex;
    this.#info = transport.info;
    this.#setup = setup;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal, tap } = this.#setup;
    ownSocket(this.#duplex, this);
    // A dial function may have paused it.
    this.#duplex.resume();
    this.#stopListening = onAbort(signal, () => this.#abort());
    tap?.connected(this.#info);
    // Both may happen after a Duplex is connected, but before its promise resolves.
    if (signal.aborted) this.#abort();
    else if (this.#duplex.destroyed) this.#lose('the connection was closed', this.#duplex.errored ?? undefined);
    else this.#send();
  }

  #send(): void {
    const { handshake, tap } = this.#setup;
    tap?.sent(handshake.request);
    try {
      this.#duplex.write(handshake.request, error => {
        this.#isSent = !error;
      });
    } catch (error) {
      // A custom Duplex may throw.
      this.#lose(`the connection was lost: ${messageOf(error)}`, error);
    }
    if (this.#duplex.readableEnded) this.socketEnd();
  }

  socketData(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const { handshake, tap, isHeadEnough } = this.#setup;
    tap?.received(chunk);
    const outcome = handshake.receive(chunk) ?? (isHeadEnough() ? handshake.end() : undefined);
    if (outcome instanceof HandshakeError) {
      this.#fail(outcome);
    } else if (outcome !== undefined) {
      this.#agree(outcome);
    } else if (handshake.response !== undefined) {
      this.#bodyTimer ??= setTimeout(() => this.#fail(handshake.end()), BODY_TIMEOUT);
    }
  }

  socketEnd(): void {
    if (this.#isOver) return;
    this.#setup.tap?.ended('remote');
    this.#fail(this.#setup.handshake.end());
  }

  socketError(error: Error): void {
    if (!this.#isOver) this.#lose(`the connection was lost: ${messageOf(error)}`, error);
  }

  socketClose(): void {
    if (!this.#isOver) this.#lose('the connection was closed', this.#duplex.errored ?? undefined);
    this.#setup.tap?.closed(this.#error);
  }

  #agree(agreement: Agreement): void {
    const deflate = this.#setup.agreeOnDeflate(agreement);
    if (deflate instanceof HandshakeError) {
      this.#fail(deflate);
      return;
    }
    this.#settle();
    // Frames may follow at once. They wait until the connection owns the Duplex.
    this.#duplex.pause();
    this.#resolve({ agreement, deflate });
  }

  #lose(summary: string, cause: unknown): void {
    this.#cut(summary, cause, 'network');
  }

  #abort(): void {
    const { handshake, signal } = this.#setup;
    const isTimeout = signal.reason instanceof HandshakeTimeout;
    // The response is the outcome. Only its body is incomplete.
    if (isTimeout && handshake.response !== undefined) this.#fail(handshake.end());
    else this.#cut(messageOf(signal.reason), signal.reason, faultOfAbort(signal));
  }

  /** Fails because of this side or the network. The error includes the response so far. */
  #cut(summary: string, cause: unknown, fault: Fault): void {
    const known = this.#setup.handshake.end();
    const { status, headers, bodyBytes: body } = known;
    this.#fail(
      new HandshakeError(status === undefined ? summary : `${known.summary}, then ${summary}`, {
        phase: this.#isSent ? 'response' : 'request',
        fault,
        cause,
        status,
        headers,
        body,
        hint: fault === 'caller' ? undefined : known.hint,
      }),
    );
  }

  #fail(error: HandshakeError): void {
    this.#settle();
    this.#error = amended(error, { url: this.#setup.url });
    destroySocket(this.#duplex);
    this.#reject(this.#error);
  }

  #settle(): void {
    this.#isOver = true;
    clearTimeout(this.#bodyTimer);
    this.#stopListening();
  }
}
