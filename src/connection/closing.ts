import { callSafely, warn } from '../application-code.js';
import { ConnectionLostError, HandlerError } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import { LINGER_TIME, Linger } from '../transport/linger.js';
import { destroySocket } from '../transport/socket-owner.js';
import { CloseDeadline, type ClosingPeer } from './close-deadline.js';
import { type CloseInfo, endReasonOf } from './close-info.js';
import { publishClose } from './diagnostics.js';
import { STOPPED_BY } from './read-gate.js';
import type { Reading } from './reading.js';

/**
 * The end of a connection: the closing handshake with its deadline, and the end of the transport (§7.1.1).
 *
 *     close(), a Close frame, a broken rule ──▶ CloseDeadline ──▶ both Close frames ──▶ Linger ──▶ transport 'close'
 *     FIN, an error, terminate() ────────────────────────────────────────────────────────────────────┘
 *
 * It also records who started it and why, for CloseInfo.
 */
export class Closing implements ClosingPeer {
  readonly #reading: Reading;
  initiator: CloseInfo['initiator'] | undefined;
  cause: Error | undefined;
  #hasBegun = false;
  #hasCloseLeft = false;
  #hasPeerEnded = false;
  /** Whether the transport ended before both Close frames had left. */
  #isCutOff = false;
  #isClosed = false;
  #deadline: CloseDeadline | undefined;
  /** Created when our side of the transport ends. */
  #linger: Linger | undefined;
  #info: CloseInfo | undefined;
  #closed: Promise<CloseInfo> | undefined;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  #abort: AbortController | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** 'closing' after a Close frame was sent or received, or after the transport ended. */
  get state(): 'open' | 'closing' | 'closed' {
    if (this.#info !== undefined) return 'closed';
    return this.#hasBegun ? 'closing' : 'open';
  }

  /** Discards a chunk that arrives after our side of the transport has ended. Returns whether it did. */
  discards(chunk: Uint8Array): boolean {
    this.#linger?.socketData(chunk);
    return this.#linger !== undefined;
  }

  /**
   * Starts the closing handshake (§7.1.2).
   *
   * @param cause the error that led to it, if there was one
   */
  start(code?: number, reason?: string, cause?: Error): void {
    const { protocol, outbox } = this.#reading;
    if (!protocol.canSend) return;
    this.initiator ??= 'local';
    this.cause ??= cause;
    outbox.close(code, reason);
    this.#begin();
  }

  /** Ends the transport at once, without a closing handshake. */
  terminate(cause: Error = new ConnectionLostError('terminate() was called', 'WS101_TERMINATED')): void {
    const { duplex, protocol, backlog } = this.#reading;
    if (!duplex.destroyed) {
      this.#hasBegun = true;
      this.initiator ??= 'local';
      this.#noteLoss(() => cause);
      protocol.receiveEnd();
      backlog.stopTaking();
    }
    destroySocket(duplex);
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#reading.beginClosing();
    this.#deadline = new CloseDeadline(this.#reading.settings.closeTimeout, this, message =>
      this.terminate(new ConnectionLostError(message, 'WS101_CLOSE_TIMEOUT')),
    );
  }

  /** Continues the closing handshake, because the protocol is no longer open. */
  proceed(): void {
    this.#begin();
    this.#noteCloseFrame();
  }

  /** Ends the transport if its last output has been handed over. */
  flushed(): void {
    const { protocol } = this.#reading;
    this.#noteCloseFrame();
    const isOver = protocol.endsTransport || (this.#hasPeerEnded && !this.#owesAnswer);
    if (isOver && !protocol.hasOutput) this.#endTransport();
  }

  /** Notes when our Close frame has left. The peer's time to answer runs from then. */
  #noteCloseFrame(): void {
    const { protocol, backlog } = this.#reading;
    if (protocol.sentClose === undefined || backlog.writer.inTransit > 0) return;
    this.#hasCloseLeft = true;
    this.#deadline?.left();
    // "a client … SHOULD wait for the server to close the connection but MAY close the connection at any time" (§5.5.1)
    if (protocol.state === 'CLOSED' && protocol.role === 'client') this.#deadline?.complete();
  }

  #endTransport(): void {
    const { duplex, tap } = this.#reading;
    if (this.#linger !== undefined || duplex.destroyed) return;
    tap?.ended('local');
    this.#linger = new Linger(duplex, this.#isCutOff ? LINGER_TIME : undefined);
  }

  /** Notes that the peer has sent its FIN. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    this.#linger?.socketEnd();
  }

  /** Ends our side if the peer has ended its side, and everything from before its FIN has been read. */
  followPeer(): void {
    if (!this.#hasPeerEnded) return;
    const { protocol, backlog, gate } = this.#reading;
    // Node reports the FIN even while the socket is paused.
    if (protocol.unreadBytes > 0 || gate.has(STOPPED_BY.INFLATING) || this.#owesAnswer) return;
    if (protocol.state !== 'CLOSED') {
      this.initiator ??= 'network';
      this.#noteLoss(() => new ConnectionLostError('the peer ended the connection without a Close frame'));
      protocol.receiveEnd();
      this.#begin();
    }
    backlog.flush();
    // Nothing can complete the closing handshake any more. If it is complete, our Close frame may still wait for a full
    // socket; then flushed() ends the transport.
    if (this.#isCutOff) this.#endTransport();
  }

  /** Whether our answer to the peer's Close frame still waits for messages before it. A FIN does not change that. */
  get #owesAnswer(): boolean {
    return this.#reading.protocol.state === 'CLOSE_RECEIVED';
  }

  /** Ends the connection because the transport failed. */
  lost(error: Error): void {
    this.initiator ??= 'network';
    const message = `the connection was lost: ${error.message}`;
    this.#noteLoss(() => new ConnectionLostError(message, 'WS101_CONNECTION_LOST', error));
    // A Duplex may not destroy itself.
    destroySocket(this.#reading.duplex);
  }

  /** Notes why the transport ends early, unless both Close frames have left by now. */
  #noteLoss(makeCause: () => Error): void {
    const { protocol, backlog } = this.#reading;
    if (protocol.state === 'CLOSED' && backlog.writer.inTransit === 0) return;
    this.#isCutOff = true;
    this.cause ??= makeCause();
  }

  /** Completes the end of the connection, because the transport has closed. */
  transportClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#hasBegun = true;
    const { protocol, backlog, tap, duplex, delivery, handlers, connection, onClosed } = this.#reading;
    this.#deadline?.clear();
    this.#linger?.socketClose();
    this.#noteLoss(() => new ConnectionLostError('the transport was closed without a closing handshake'));
    protocol.receiveEnd();
    backlog.end();
    this.#reading.end();
    tap?.closed(duplex.errored ?? undefined);
    const wasClean = this.#hasCloseLeft && protocol.receivedClose !== undefined && !this.#isCutOff;
    delivery.deliverKept();
    const info: CloseInfo = {
      code: protocol.receivedClose?.code ?? CLOSE_CODE.ABNORMAL_CLOSURE,
      reason: protocol.receivedClose?.reason ?? '',
      wasClean,
      initiator: this.initiator ?? 'network',
      sent: this.#hasCloseLeft ? protocol.sentClose : undefined,
      received: protocol.receivedClose,
      cause: this.cause ?? (wasClean ? undefined : new ConnectionLostError('no closing handshake took place')),
      dropped: delivery.dropped,
    };
    this.#info = info;
    delivery.end();
    callSafely(
      () => onClosed?.(connection),
      thrown => warn(new HandlerError('onClosed', thrown, 'option')),
    );
    this.#resolveClosed?.(info);
    this.#abort?.abort(this.endReason);
    publishClose(connection, protocol.role, info);
    handlers.notify('close', info);
  }

  // How the connection ended

  /** How the connection ended; undefined until then. */
  get info(): CloseInfo | undefined {
    return this.#info;
  }

  /** The error that iterators throw if the connection ended without a closing handshake. */
  get failure(): Error | undefined {
    return this.#info?.wasClean === false ? this.#info.cause : undefined;
  }

  /** Why the connection ended, always as an error. It must not be read before the end. */
  get endReason(): Error {
    return endReasonOf(this.#info!);
  }

  get closed(): Promise<CloseInfo> {
    this.#closed ??= new Promise(resolve => {
      if (this.#info !== undefined) resolve(this.#info);
      else this.#resolveClosed = resolve;
    });
    return this.#closed;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#info !== undefined) this.#abort.abort(this.endReason);
    }
    return this.#abort.signal;
  }

  // The peer, for the deadline

  get wasHeard(): boolean {
    return this.#reading.wasHeard;
  }

  set wasHeard(value: boolean) {
    this.#reading.wasHeard = value;
  }

  get taken(): number {
    return this.#reading.backlog.writer.taken;
  }

  get busyUntil(): number {
    const { writer, isPreparing } = this.#reading.backlog;
    // The peer can't take messages that are still being compressed, or read from their source.
    return isPreparing ? Number.POSITIVE_INFINITY : writer.busyUntil;
  }
}
