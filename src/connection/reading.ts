import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BackpressureError, ProtocolError } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import type { Failure } from '../framing/frame-decoder.js';
import { RSV1 } from '../framing/frame-header.js';
import { isError, isThenable, isUint8Array } from '../host-values.js';
import type { ProtocolHandler } from '../protocol/handler.js';
import { Protocol } from '../protocol/protocol.js';
import { nextTick, setImmediate } from '../timers.js';
import { ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import type { Transport } from '../transport/transport.js';
import { guardTap, type WireTap } from '../transport/wire-tap.js';
import { Backlog, type BacklogOwner } from './backlog.js';
import { Closing } from './closing.js';
import { ConnectionKeepalive } from './connection-keepalive.js';
import { Delivery } from './delivery.js';
import { FramePublisher, withDiagnostics } from './frame-publisher.js';
import { Handlers } from './handlers.js';
import type { Message } from './inbox.js';
import { Inflation } from './inflation.js';
import type { ConnectionInit } from './init.js';
import type { ConnectionSettings } from './options.js';
import { Outbox } from './outbox.js';
import { Pinger } from './pinger.js';
import { ReadGate, STOPPED_BY } from './read-gate.js';
import type { StreamInflation } from './stream-inflation.js';
import { beginShare, countMessage, isShareUsedUp } from './turn-share.js';
import type { WebSocketConnection } from './websocket-connection.js';

/**
 * Receives the events of the transport and of the protocol. Passes chunks to the protocol, and messages to the
 * application.
 *
 *     transport 'data' ──▶ socketData() ──▶ Protocol ──▶ message() ──▶ Delivery ──▶ listeners, iterators
 *     transport 'end', 'error', 'close', a Close frame, a broken rule ──▶ Closing
 */
export class Reading implements SocketOwner, ProtocolHandler, BacklogOwner {
  readonly duplex: Duplex;
  readonly protocol: Protocol;
  readonly backlog: Backlog;
  readonly outbox: Outbox;
  readonly gate: ReadGate;
  readonly tap: WireTap | undefined;
  readonly connection: WebSocketConnection;
  readonly settings: ConnectionSettings;
  readonly onHandlerError: ConnectionInit['onHandlerError'];
  readonly onClosed: ConnectionInit['onClosed'];
  readonly #inflation: Inflation | undefined;
  /** Inflates the message that is being received in parts, if it is compressed. */
  #streamInflation: StreamInflation | undefined;
  readonly #keepalive: ConnectionKeepalive | undefined;
  /** Created with the first message, or when the application wants to read. */
  #delivery: Delivery | undefined;
  /** Created with the first event other than `message`. */
  #handlers: Handlers | undefined;
  /** Created when the connection begins to close, or when the application asks how it ended. */
  #closing: Closing | undefined;
  /** Created with the first Ping. */
  #pinger: Pinger | undefined;
  /** Set when bytes arrive. Keepalive and the deadline of the closing handshake reset it. */
  wasHeard = false;

  constructor(
    { duplex, ownsChunks, copiesWrites }: Transport,
    connection: WebSocketConnection,
    { role, tap, deflate, onHandlerError, onClosed }: ConnectionInit,
    settings: ConnectionSettings,
  ) {
    this.duplex = duplex;
    this.connection = connection;
    this.settings = settings;
    this.onHandlerError = onHandlerError;
    this.onClosed = onClosed;
    this.tap = withDiagnostics(tap && guardTap(tap), connection, role, deflate !== undefined);
    this.#inflation = deflate === undefined ? undefined : new Inflation(deflate, settings.text === 'string');
    this.protocol = new Protocol(role, this, {
      maxMessageSize: settings.maxMessageSize,
      maxFragments: settings.maxFragments,
      ownsChunks,
      autoPong: settings.autoPong,
      text: settings.text,
      // "permessage-deflate … uses RSV1" (RFC 7692 §6).
      assignedRsv: deflate === undefined ? 0 : RSV1,
    });
    this.backlog = new Backlog(duplex, this.protocol, settings, this, copiesWrites, this.tap);
    this.outbox = new Outbox(this.protocol, this.backlog, deflate);
    this.gate = new ReadGate(duplex, this.protocol);
    // Our last frames may leave after the peer's FIN, so the FIN must not end our side.
    duplex.allowHalfOpen = true;
    ownSocket(duplex, this);
    // The opening handshake may have paused it while the application was deciding.
    duplex.resume();
    // These events were emitted earlier. They are handled when the connection is complete.
    if (duplex.destroyed) nextTick(() => this.socketClose());
    else if (duplex.readableEnded) nextTick(() => this.socketEnd());
    if (settings.pingInterval > 0) this.#keepalive = new ConnectionKeepalive(this);
  }

  get delivery(): Delivery {
    this.#delivery ??= new Delivery(this);
    return this.#delivery;
  }

  get handlers(): Handlers {
    this.#handlers ??= new Handlers(this);
    return this.#handlers;
  }

  get closing(): Closing {
    this.#closing ??= new Closing(this);
    return this.#closing;
  }

  /** Whether a listener has failed. If so, only `close` is still emitted. */
  get hasListenerFailed(): boolean {
    return this.#handlers?.hasFailed === true;
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#closing === undefined ? 'open' : this.#closing.state;
  }

  /** Throws if a listener of `message` must not be added now. */
  admitListener(): void {
    this.#delivery?.admitListener();
  }

  /** A listener of `message` was added. */
  listenerAdded(): void {
    this.#delivery?.listenerAdded();
  }

  // The transport

  socketData(chunk: Uint8Array): void {
    this.wasHeard = true;
    this.tap?.received(chunk);
    if (this.#closing?.discards(chunk) === true) return;
    beginShare(this);
    this.protocol.receive(chunk);
    if (isShareUsedUp()) this.#yield();
    this.gate.received();
    this.#proceed();
  }

  /** Takes bytes that arrived after the opening handshake and before the connection was made. */
  receiveEarly(head: Uint8Array): void {
    // They are read in the next turn, when the application has its listeners. Otherwise a Close frame after a message
    // would be answered before the application could answer the message.
    if (!this.duplex.destroyed) this.#yield();
    if (this.tap instanceof FramePublisher) this.tap.receivedEarly(head);
    // A Buffer, because a message may be a view of it.
    this.protocol.receive(Buffer.from(head.buffer, head.byteOffset, head.length));
    this.#proceed();
  }

  socketEnd(): void {
    this.tap?.ended('remote');
    this.closing.peerEnded();
    this.#proceed();
  }

  socketError(error: Error): void {
    this.closing.lost(error);
  }

  socketClose(): void {
    this.#keepalive?.stop();
    this.closing.transportClosed();
  }

  // The protocol

  message(data: string | Uint8Array, isText: boolean): void {
    this.delivery.receive(data as Message, isText);
    if (countMessage()) this.#yield();
  }

  messageStart(isText: boolean, isCompressed: boolean): void {
    this.delivery.streamStart(isText);
    if (!isCompressed) return;
    this.#streamInflation = this.#inflation!.inflateStream(this, isText);
    this.gate.inflation = this.#streamInflation;
  }

  messagePart(data: string | Uint8Array): void {
    if (this.#streamInflation !== undefined) {
      this.#streamInflation.write(data as Uint8Array);
      return;
    }
    this.delivery.streamPart(data as Message);
    if (countMessage()) this.#yield();
  }

  messageEnd(): void {
    if (this.#streamInflation === undefined) this.delivery.streamEnd();
    else this.#streamInflation.end();
  }

  /** Notes that the message that was being inflated in parts is complete. */
  streamInflated(): void {
    this.#streamInflation = undefined;
    this.gate.inflation = undefined;
    if (this.protocol.reads) this.delivery.streamEnd();
    this.readOn(STOPPED_BY.INFLATING);
  }

  compressedMessage(bytes: Uint8Array, isText: boolean): void {
    const inflated = this.#inflation!.inflate(bytes, isText);
    if (!isThenable(inflated)) {
      this.#receiveInflated(inflated, isText);
      return;
    }
    this.gate.add(STOPPED_BY.INFLATING);
    void inflated.then(result => {
      beginShare(this);
      if (result !== undefined) this.#receiveInflated(result, isText);
      this.gate.remove(STOPPED_BY.INFLATING);
      this.#proceed();
    });
  }

  #receiveInflated(result: string | Uint8Array | Failure, isText: boolean): void {
    if (typeof result === 'string' || isUint8Array(result)) {
      if (this.protocol.reads) this.message(result, isText);
    } else {
      this.protocol.fail(result.violation, result.detail);
    }
  }

  ping(payload: Uint8Array): void {
    if (this.connection.listenerCount('ping') > 0) this.handlers.notify('ping', Buffer.from(payload));
  }

  pong(payload: Uint8Array): void {
    this.#pinger?.receivePong(payload);
    if (this.connection.listenerCount('pong') > 0) this.handlers.notify('pong', Buffer.from(payload));
  }

  closeReceived(code: number): void {
    this.closing.initiator ??= 'remote';
    // Messages that send() accepted leave before our Close frame.
    if (!this.backlog.owesMessages) return;
    this.protocol.deferClose();
    this.outbox.close(code === CLOSE_CODE.NO_STATUS_RECEIVED ? undefined : code, undefined);
  }

  failed(error: ProtocolError): void {
    this.closing.initiator ??= 'local';
    this.closing.cause ??= error;
  }

  // The gate

  /** Stops reading until the next turn of the event loop, so that other connections get their share of this turn. */
  #yield(): void {
    if (this.gate.has(STOPPED_BY.SHARE) || !this.protocol.reads) return;
    this.gate.add(STOPPED_BY.SHARE);
    setImmediate(() => this.readOn(STOPPED_BY.SHARE));
  }

  /** Removes a reason to stop reading. Continues to read if it was the last one. */
  readOn(reason: number): void {
    beginShare(this);
    if (!this.gate.remove(reason)) return;
    this.#streamInflation?.resume();
    this.#proceed();
  }

  /** Handles the results of reading: output, the closing handshake, the end of the transport. */
  #proceed(): void {
    if (this.protocol.state !== 'OPEN') this.closing.proceed();
    if (this.protocol.hasOutput || this.protocol.endsTransport) this.backlog.requestFlush();
    this.#closing?.followPeer();
  }

  /**
   * Starts the closing handshake, and delivers the messages that pause() held back.
   *
   * @param cause the error that led to it, if there was one
   */
  close(code?: number, reason?: string, cause?: Error): void {
    this.closing.start(code, reason, cause);
    this.#delivery?.resume();
  }

  /**
   * Notes that the closing handshake has begun. Reading continues even if the application takes no messages, and
   * keepalive stops.
   */
  beginClosing(): void {
    this.#keepalive?.stop();
    this.#delivery?.closing();
    beginShare(this);
    if (this.gate.ignoreApplication()) {
      this.#streamInflation?.resume();
      this.#proceed();
    }
    this.backlog.stopTaking();
  }

  /** Releases resources, because the transport has closed. */
  end(): void {
    this.#pinger?.end();
    this.#inflation?.close();
  }

  // The backlog

  flushed(): void {
    this.#closing?.flushed();
  }

  drained(): void {
    this.handlers.notify('drain', undefined);
  }

  overflowed(error: BackpressureError): void {
    this.closing.terminate(error);
  }

  writeFailed(error: Error): void {
    this.closing.lost(error);
  }

  sourceFailed(error: unknown): void {
    this.close(
      CLOSE_CODE.INTERNAL_ERROR,
      'the sender could not complete a message',
      isError(error) ? error : new Error('the source of a message failed', { cause: error }),
    );
  }

  /** Sets whether the transport keeps the process alive. Does nothing for a Duplex without ref() and unref(). */
  setRef(isRef: boolean): void {
    const socket = this.duplex as Partial<Pick<Socket, 'ref' | 'unref'>>;
    if (isRef) socket.ref?.();
    else socket.unref?.();
  }

  // Pings

  /** The Pings that await their Pong. */
  get pinger(): Pinger {
    this.#pinger ??= new Pinger();
    return this.#pinger;
  }

  /** The last round trip of a Ping in milliseconds; undefined before the first. */
  get latency(): number | undefined {
    return this.#pinger?.latency;
  }

  get heldByPings(): number {
    return this.#pinger === undefined ? 0 : this.#pinger.held;
  }
}
