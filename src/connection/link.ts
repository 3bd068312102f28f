import type { Duplex } from 'node:stream';
import { type BackpressureError, ConnectionLostError, type ProtocolError } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import type { Failure } from '../framing/frame-decoder.js';
import { RSV1 } from '../framing/frame-header.js';
import { isThenable, isUint8Array } from '../host-values.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import { Protocol, type ProtocolHandler, type Role } from '../protocol/protocol.js';
import { clearTimeout, nextTick, now, setImmediate, setTimeout } from '../timers.js';
import { LINGER_TIME, Linger } from '../transport/linger.js';
import { destroySocket, ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import type { Transport } from '../transport/transport.js';
import type { WireTap } from '../transport/wire-tap.js';
import { CloseDeadline, type ClosingPeer } from './close-deadline.js';
import type { CloseInfo } from './close-info.js';
import { Inflation } from './inflation.js';
import { type KeepaliveGroup, type KeepaliveMember, keepAlive } from './keepalive.js';
import type { ConnectionSettings } from './options.js';
import { Outbox, type OutboxOwner } from './outbox.js';
import { Pinger, type SentPing } from './pinger.js';
import { beginShare, countMessage, isShareUsedUp } from './turn-share.js';

/** As much as one read gives. */
const MAX_HELD_BYTES = 65_536;

/** The answer to a Ping of keepalive: its arrival is enough. */
function ignoreAnswer(): void {}

/** What a link tells its connection. One table serves all connections: each call names the one that it is about. */
export interface LinkEvents<Connection> {
  message(connection: Connection, data: string | Uint8Array): void;
  ping(connection: Connection, payload: Uint8Array): void;
  pong(connection: Connection, payload: Uint8Array): void;
  drained(connection: Connection): void;
  sourceFailed(connection: Connection, error: unknown): void;
  /** Reading has stopped for `unreadTimeout`. */
  unreadTimedOut(connection: Connection): void;
  closed(connection: Connection, info: Omit<CloseInfo, 'dropped'>): void;
}

/**
 * One Duplex and one Protocol: moves bytes between them, keeps the deadlines, and sees to it that the transport ends the way that
 * the RFC wants (§7.1.1).
 *
 *     in    socket 'data' ──▶ protocol.receive() ──▶ events.message(), .ping(), .pong()
 *     out   outbox.flush() ◀── protocol.takeOutput() ◀── outbox.send(), automatic pongs, Close frames
 *     end   protocol.endsTransport ──▶ Linger ──▶ socket 'close' ──▶ events.closed(info)
 */
export class Link<Connection> implements SocketOwner, ProtocolHandler, OutboxOwner, KeepaliveMember, ClosingPeer {
  readonly protocol: Protocol;
  readonly outbox: Outbox;
  readonly #socket: Duplex;
  readonly #settings: ConnectionSettings;
  readonly #connection: Connection;
  readonly #events: LinkEvents<Connection>;
  readonly #tap: WireTap | undefined;
  readonly #inflation: Inflation | undefined;
  readonly #keepalive: KeepaliveGroup | undefined;
  /** Made with the first Ping. */
  #pinger: Pinger | undefined;
  /** The last Ping of keepalive. */
  #keepalivePing: SentPing | undefined;
  wasHeard = false;
  heardAt = 0;
  pingedAt = 0;
  /** Whether output waited at the last tick of keepalive, and what had been taken by then. */
  #waitedAtTick = false;
  #takenAtTick = 0;
  #isListening = true;
  /** Whether reading goes on in the next turn of the event loop: other connections come first. */
  #isYielding = false;
  #isClosing = false;
  /** There from the end of our side on. */
  #linger: Linger | undefined;
  #isClosed = false;
  #hasPeerEnded = false;
  /** Whether the transport ended before both Close frames had left. */
  #isCutOff = false;
  #closeDeadline: CloseDeadline | undefined;
  #hasCloseLeft = false;
  #unreadTimer: NodeJS.Timeout | undefined;
  #initiator: CloseInfo['initiator'] | undefined;
  #cause: Error | undefined;

  constructor(
    { duplex: socket, ownsChunks, copiesWrites }: Transport,
    role: Role,
    settings: ConnectionSettings,
    connection: Connection,
    events: LinkEvents<Connection>,
    tap?: WireTap,
    deflate?: PerMessageDeflate,
  ) {
    this.#socket = socket;
    this.#settings = settings;
    this.#connection = connection;
    this.#events = events;
    this.#tap = tap;
    this.#inflation = deflate === undefined ? undefined : new Inflation(deflate);
    this.protocol = new Protocol(role, this, {
      maxMessageSize: settings.maxMessageSize,
      maxFragments: settings.maxFragments,
      ownsChunks,
      // "permessage-deflate … uses RSV1" (RFC 7692 §6).
      assignedRsv: deflate === undefined ? 0 : RSV1,
    });
    this.outbox = new Outbox(socket, this.protocol, settings, this, copiesWrites, tap, deflate);
    // Our last words come behind the peer's FIN, so this must not end our side too.
    socket.allowHalfOpen = true;
    ownSocket(socket, this);
    // The opening handshake may have paused it, while an application made up its mind.
    socket.resume();
    // What happened while nobody of ours listened is caught up with, once the owner is ready.
    if (socket.destroyed) nextTick(() => this.socketClose());
    else if (socket.readableEnded) nextTick(() => this.socketEnd());
    if (settings.pingInterval > 0) {
      this.#keepalive = keepAlive(this, settings.pingInterval, settings.pingTimeout);
    }
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  // In

  /** Takes bytes that came behind the opening handshake, before this link stood. */
  receiveEarly(head: Uint8Array): void {
    // They are read in the next turn, when the application has its listeners: or else a Close frame behind a message would be
    // answered before the application could answer the message.
    if (!this.#socket.destroyed) this.#yield();
    // As a Buffer, since a message may be a part of it.
    this.protocol.receive(Buffer.from(head.buffer, head.byteOffset, head.length));
    this.#proceed();
  }

  socketData(chunk: Uint8Array): void {
    this.wasHeard = true;
    this.#tap?.received(chunk);
    if (this.#linger !== undefined) {
      this.#linger.socketData(chunk);
      return;
    }
    beginShare(this);
    this.protocol.receive(chunk);
    if (isShareUsedUp()) this.#yield();
    // What lies behind a message that is being inflated waits; more of it need not be read.
    if (this.protocol.isHeld && this.protocol.unreadBytes > MAX_HELD_BYTES) this.#socket.pause();
    this.#proceed();
  }

  message(data: string | Uint8Array): void {
    this.#events.message(this.#connection, data);
    if (countMessage()) this.#yield();
  }

  /** Leaves the rest to the next turn of the event loop, so that the other connections get theirs of this one. */
  #yield(): void {
    if (this.#isYielding || !this.protocol.reads) return;
    this.#isYielding = true;
    this.protocol.suspend();
    this.#socket.pause();
    setImmediate(() => {
      this.#isYielding = false;
      if (this.#isListening && !this.#isClosed) this.#readOn();
    });
  }

  #readOn(): void {
    beginShare(this);
    this.protocol.resume();
    this.#resumeSocket();
    this.#proceed();
  }

  /** Lets the socket go on, where nothing else has stopped it meanwhile. */
  #resumeSocket(): void {
    if (this.#isListening && !this.#isYielding) this.#socket.resume();
  }

  compressedMessage(bytes: Uint8Array, isText: boolean): void {
    const inflated = this.#inflation!.inflate(bytes, isText);
    if (!isThenable(inflated)) {
      this.#receiveInflated(inflated);
      return;
    }
    this.protocol.hold();
    void inflated.then(result => {
      beginShare(this);
      if (result !== undefined) this.#receiveInflated(result);
      this.protocol.release();
      this.#resumeSocket();
      this.#proceed();
    });
  }

  #receiveInflated(result: string | Uint8Array | Failure): void {
    if (typeof result === 'string' || isUint8Array(result)) {
      if (this.protocol.reads) this.message(result);
    } else {
      this.protocol.fail(result.violation, result.detail);
    }
  }

  ping(payload: Uint8Array): void {
    this.#events.ping(this.#connection, payload);
  }

  pong(payload: Uint8Array): void {
    this.#pinger?.receivePong(payload);
    this.#events.pong(this.#connection, payload);
  }

  closeReceived(code: number): void {
    this.#initiator ??= 'remote';
    // What send() took goes out before the answer.
    if (!this.outbox.owesMessages) return;
    this.protocol.deferClose();
    this.outbox.close(code === CLOSE_CODE.NO_STATUS_RECEIVED ? undefined : code, undefined);
  }

  failed(error: ProtocolError): void {
    this.#initiator ??= 'local';
    this.#cause ??= error;
  }

  /** Whether bytes that come are seen. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Stops reading before the next frame, for `unreadTimeout` at most. */
  stopReading(): void {
    if (!this.#isListening || this.#isClosing) return;
    this.#isListening = false;
    this.protocol.suspend();
    this.#socket.pause();
    const { unreadTimeout } = this.#settings;
    if (unreadTimeout === 0) return;
    this.#unreadTimer = setTimeout(() => this.#events.unreadTimedOut(this.#connection), unreadTimeout);
  }

  /** Restarts `unreadTimeout` while reading is stopped: the application has taken a message. */
  noteTaken(): void {
    if (!this.#isListening && !this.#isClosing) this.#unreadTimer?.refresh();
  }

  /** Goes on where reading stopped. */
  startReading(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    clearTimeout(this.#unreadTimer);
    if (!this.#isYielding) this.#readOn();
  }

  // Out

  flushed(): void {
    this.#noteCloseFrame();
    const isOver = this.protocol.endsTransport || (this.#hasPeerEnded && !this.#owesAnswer);
    if (isOver && !this.protocol.hasOutput) this.#endTransport();
  }

  drained(): void {
    this.#events.drained(this.#connection);
  }

  overflowed(error: BackpressureError): void {
    this.terminate(error);
  }

  writeFailed(error: Error): void {
    this.socketError(error);
  }

  sourceFailed(error: unknown): void {
    this.#events.sourceFailed(this.#connection, error);
  }

  /** Sends a Ping. Returns false if the connection no longer takes one. */
  sendPing(payload: Uint8Array): boolean {
    return this.outbox.ping(payload);
  }

  // Keepalive

  sendKeepalivePing(): void {
    const { pinger } = this;
    const payload = pinger.nextPayload();
    this.sendPing(payload);
    // Only the last of these is remembered: a peer that talks but never answers must not make them pile up.
    if (this.#keepalivePing !== undefined) pinger.forget(this.#keepalivePing);
    this.#keepalivePing = pinger.await(payload, ignoreAnswer);
  }

  /**
   * Whether the peer has taken bytes that had to wait for it since the last call, or is still reading what the kernel holds. Bytes that
   * the kernel takes at once say nothing about the peer.
   */
  tookOutput(): boolean {
    const { taken, isBlocked, busyUntil } = this.outbox.writer;
    const hasTaken = this.#waitedAtTick && taken > this.#takenAtTick;
    this.#waitedAtTick = isBlocked;
    this.#takenAtTick = taken;
    return hasTaken || (busyUntil > 0 && now() < busyUntil);
  }

  get taken(): number {
    return this.outbox.writer.taken;
  }

  get busyUntil(): number {
    const { writer, isPreparing } = this.outbox;
    // The peer can't take what is still being compressed, or read from its source.
    return isPreparing ? Number.POSITIVE_INFINITY : writer.busyUntil;
  }

  /** The Pings that await their Pong. */
  get pinger(): Pinger {
    this.#pinger ??= new Pinger();
    return this.#pinger;
  }

  /** The last round trip of a Ping, in milliseconds; undefined before the first. */
  get latency(): number | undefined {
    return this.#pinger?.latency;
  }

  get heldByPings(): number {
    return this.#pinger === undefined ? 0 : this.#pinger.held;
  }

  keepaliveTimedOut(silence: number): void {
    const message = `no sign of life from the peer for ${Math.round(silence)} ms, and no answer to a ping (pingInterval, pingTimeout)`;
    this.#initiator ??= 'network';
    this.terminate(new ConnectionLostError(message, 'WS101_KEEPALIVE_TIMEOUT'));
  }

  // The end

  /** Starts the closing handshake (§7.1.2). `cause` is what led to it, where something went wrong. */
  close(code?: number, reason?: string, cause?: Error): void {
    if (!this.protocol.canSend) return;
    this.#initiator ??= 'local';
    this.#cause ??= cause;
    this.outbox.close(code, reason);
    this.#beginClosing();
  }

  /** Ends the transport at once, without a closing handshake. */
  terminate(cause: Error = new ConnectionLostError('terminate() was called', 'WS101_TERMINATED')): void {
    if (!this.#socket.destroyed) {
      this.#isClosing = true;
      this.#initiator ??= 'local';
      this.#noteLoss(() => cause);
      this.protocol.receiveEnd();
      this.outbox.stopTaking();
    }
    destroySocket(this.#socket);
  }

  /** What every event may lead to: output to flush, a closing handshake to watch over, the end. */
  #proceed(): void {
    if (this.protocol.state !== 'OPEN') {
      this.#beginClosing();
      this.#noteCloseFrame();
    }
    if (this.protocol.hasOutput || this.protocol.endsTransport) this.outbox.requestFlush();
    // A socket of node's tells of the FIN even while it is paused. What came before is to be read first.
    if (this.#hasPeerEnded && this.protocol.unreadBytes === 0 && !this.protocol.isHeld && !this.#owesAnswer) {
      this.#followPeer();
    }
  }

  /** Whether our Close frame, in answer to the peer's, still waits for messages before it. A FIN behind the peer's changes nothing. */
  get #owesAnswer(): boolean {
    return this.protocol.state === 'CLOSE_RECEIVED';
  }

  #beginClosing(): void {
    if (this.#isClosing) return;
    this.#keepalive?.remove(this);
    this.#isClosing = true;
    // The peer's Close frame may lie behind what nobody has read.
    this.startReading();
    this.outbox.stopTaking();
    this.#closeDeadline = new CloseDeadline(this.#settings.closeTimeout, this, message =>
      this.terminate(new ConnectionLostError(message, 'WS101_CLOSE_TIMEOUT')),
    );
  }

  /** Notes when our Close frame has left, from where the peer's time to answer runs. */
  #noteCloseFrame(): void {
    if (this.protocol.sentClose === undefined || this.outbox.writer.inTransit > 0) return;
    this.#hasCloseLeft = true;
    this.#closeDeadline?.left();
    // "a client … SHOULD wait for the server to close the connection but MAY close the connection at any time" (§5.5.1)
    if (this.protocol.state === 'CLOSED' && this.protocol.role === 'client') this.#closeDeadline?.complete();
  }

  #endTransport(): void {
    if (this.#linger !== undefined || this.#socket.destroyed) return;
    this.#tap?.ended('local');
    this.#linger = new Linger(this.#socket, this.#isCutOff ? LINGER_TIME : undefined);
  }

  socketEnd(): void {
    this.#tap?.ended('remote');
    this.#hasPeerEnded = true;
    this.#proceed();
  }

  /** Ends our side behind the peer's. */
  #followPeer(): void {
    if (this.protocol.state !== 'CLOSED') {
      this.#initiator ??= 'network';
      this.#noteLoss(() => new ConnectionLostError('the peer ended the TCP connection without a Close frame'));
      this.protocol.receiveEnd();
      this.#beginClosing();
    }
    this.outbox.flush();
    // Nothing can complete the closing handshake any more, so nothing of ours is worth waiting for. Where it is complete, our
    // Close frame may still wait for a socket that is full; then flushed() ends it.
    if (this.#isCutOff) this.#endTransport();
  }

  socketError(error: Error): void {
    this.#initiator ??= 'network';
    const message = `the connection was lost: ${error.message}`;
    this.#noteLoss(() => new ConnectionLostError(message, 'WS101_CONNECTION_LOST', error));
    // For a Duplex that does not do so itself.
    destroySocket(this.#socket);
  }

  /** Notes why the transport ends before its time, unless both Close frames have gone over it by now. */
  #noteLoss(makeCause: () => Error): void {
    if (this.protocol.state === 'CLOSED' && this.outbox.writer.inTransit === 0) return;
    this.#isCutOff = true;
    this.#cause ??= makeCause();
  }

  socketClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isClosing = true;
    const { protocol } = this;
    this.#closeDeadline?.clear();
    clearTimeout(this.#unreadTimer);
    this.#keepalive?.remove(this);
    this.#linger?.socketClose();
    this.#noteLoss(() => new ConnectionLostError('the transport was closed without a closing handshake'));
    protocol.receiveEnd();
    this.outbox.end();
    this.#pinger?.end();
    this.#inflation?.close();
    this.#tap?.closed(this.#socket.errored ?? undefined);
    this.#events.closed(this.#connection, {
      code: protocol.receivedClose?.code ?? CLOSE_CODE.ABNORMAL_CLOSURE,
      reason: protocol.receivedClose?.reason ?? '',
      wasClean: this.#hasCloseLeft && protocol.receivedClose !== undefined && !this.#isCutOff,
      initiator: this.#initiator ?? 'network',
      sent: this.#hasCloseLeft ? protocol.sentClose : undefined,
      received: protocol.receivedClose,
      cause: this.#cause,
    });
  }
}
