import { captureRejectionSymbol, EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { checkSignal, onAbort } from '../abort-signal.js';
import { callSafely, emitTo, warn } from '../application-code.js';
import { ConnectionLostError, HandlerError, invalidType, invalidValue } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import { encodeClosePayload } from '../framing/close-payload.js';
import { MAX_CONTROL_PAYLOAD } from '../framing/frame-header.js';
import { isBlob, isError } from '../host-values.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Role } from '../protocol/protocol.js';
import { nextTick } from '../timers.js';
import { type Transport, transportOf } from '../transport/transport.js';
import type { TransportInfo } from '../transport/transport-info.js';
import { guardTap, type WireTap } from '../transport/wire-tap.js';
import type { CloseInfo } from './close-info.js';
import { Inbox, type Message, type MessageIterator } from './inbox.js';
import { Link, type LinkEvents } from './link.js';
import { CONNECTION_DEFAULTS, type ConnectionSettings } from './options.js';
import { type Sendable, toPayload } from './payload.js';
import { type PreparedMessage, toMessage } from './prepared-message.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';
import { CLOSED, type MessageSource, StreamMessage } from './stream-message.js';
import { unreadTimeoutError, warnOfUnread } from './unread.js';

/**
 * Ends a connection with 1011 for a listener that failed on its behalf elsewhere: the server's `connection` listeners. For the
 * server alone; it is no method, since an application has close().
 */
export let failHandler: (connection: WebSocketConnection, event: string, thrown: unknown) => void;

/** The events of a connection, with what their listeners get. None of them has to be listened to. */
export interface ConnectionEvents {
  /**
   * A message: text as a string, binary as a Buffer. Its ArrayBuffer may hold other messages too, of which some are still to come: before
   * it is transferred to a worker, copy the message out of it.
   */
  message: [data: Message];
  /** The connection has ended; nothing follows. */
  close: [info: CloseInfo];
  /** After a send() that gave false: go on. */
  drain: [];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /**
   * A listener threw or rejected, so the connection was closed with 1011. Only the first failure is reported, and only `close` follows. If
   * nobody listens, the process is warned.
   */
  handlerError: [error: HandlerError];
}

/** What the opening handshake left to a connection. */
export interface ConnectionInit<Context = unknown> {
  readonly role: Role;
  /** The subprotocol agreed on, or ''. */
  readonly subprotocol: string;
  /** The value of Sec-WebSocket-Extensions agreed on, or ''. */
  readonly extensions: string;
  /** What `connection.context` is. */
  readonly context?: Context;
  readonly settings?: ConnectionSettings;
  /** Bytes that came behind the handshake. */
  readonly head?: Uint8Array | undefined;
  readonly tap?: WireTap | undefined;
  /** permessage-deflate as it was agreed on. */
  readonly deflate?: PerMessageDeflate | undefined;
  /** Told of a listener's failure where no listener of `handlerError` is. Gives whether it was taken care of. */
  readonly onHandlerError?: (error: HandlerError, connection: WebSocketConnection) => boolean;
  /** Told of the end ahead of all listeners, and where an application has removed them all. */
  readonly onClosed?: (connection: WebSocketConnection) => void;
}

export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A live WebSocket connection, of a client or of a server: what connect() gives, and what a server's `connection` event brings.
 *
 *     connection.on('message', data => connection.send(data));
 *     for await (const message of connection) …
 *
 * A message goes to an iterator that waits for one, or else to the listeners of `message`; where there is neither it is kept,
 * until one comes.
 */
export class WebSocketConnection<Context = unknown> extends EventEmitter<ConnectionEvents> {
  readonly role: Role;
  /** The subprotocol agreed on, or '' (RFC 6455 §1.9). */
  readonly subprotocol: string;
  /** The extensions agreed on, as in Sec-WebSocket-Extensions, or '' (§9.1). */
  readonly extensions: string;
  /** The value that the server's authorize() or the caller of handleUpgrade() provided; undefined without one, and on a client. */
  readonly context: Context;
  /** The addresses, and TLS where there is any. */
  readonly transport: TransportInfo;
  readonly #link: Link<WebSocketConnection>;
  readonly #settings: ConnectionSettings;
  readonly #onHandlerError: ConnectionInit['onHandlerError'];
  readonly #onClosed: ConnectionInit['onClosed'];
  #inbox: Inbox | undefined;
  #isPaused = false;
  #isDelivering = false;
  /** Messages that were dropped. After the first, none is delivered: what an application gets may be cut short, but has no gap. */
  #dropped = 0;
  /** Whether a listener has failed. From then on only `close` is delivered: a listener that failed may have left anything half done. */
  #hasFailed = false;
  #closeInfo: CloseInfo | undefined;
  #closed: Promise<CloseInfo> | undefined;
  #resolveClosed: ((info: CloseInfo) => void) | undefined;
  #abort: AbortController | undefined;

  static {
    failHandler = (connection, event, thrown) => connection.#handlerFailed(event, thrown);
    const { on, prependListener } = EventEmitter.prototype;
    function addListener(this: WebSocketConnection, event: string | symbol, listener: (...args: unknown[]) => void) {
      on.call(this, event, listener);
      this.#listenerAdded(event);
      return this;
    }
    // Overrides without declarations: those of EventEmitter differ from one major version of @types/node to the next, and a
    // declaration here would contradict one of them. once() calls on(), and prependOnceListener() calls prependListener().
    Object.assign(WebSocketConnection.prototype, {
      on: addListener,
      addListener,
      prependListener(this: WebSocketConnection, event: string | symbol, listener: (...args: unknown[]) => void) {
        prependListener.call(this, event, listener);
        this.#listenerAdded(event);
        return this;
      },
      // EventEmitter calls it for a listener whose promise rejected.
      [captureRejectionSymbol](this: WebSocketConnection, error: unknown, event: string | symbol): void {
        this.#handlerFailed(String(event), error);
      },
    });
  }

  /**
   * Makes a connection of a transport whose opening handshake is over. connect() and WebSocketServer do this for you.
   *
   * @throws {TypeError} if `transport` is neither a Duplex nor a Transport
   */
  constructor(transport: Duplex | Transport, init: ConnectionInit<Context>) {
    super({ captureRejections: true });
    this.role = init.role;
    this.subprotocol = init.subprotocol;
    this.extensions = init.extensions;
    this.context = init.context as Context;
    const carrier = transportOf(transport);
    this.transport = carrier.info;
    this.#settings = init.settings ?? CONNECTION_DEFAULTS;
    this.#onHandlerError = init.onHandlerError;
    this.#onClosed = init.onClosed;
    const tap = init.tap && guardTap(init.tap);
    this.#link = new Link(carrier, init.role, this.#settings, this, WebSocketConnection.#events, tap, init.deflate);
    if (init.head !== undefined && init.head.length > 0) this.#link.receiveEarly(init.head);
  }

  /** 'closing' from the first Close frame of either side, or a broken rule, until the transport is gone. */
  get state(): 'open' | 'closing' | 'closed' {
    if (this.#closeInfo !== undefined) return 'closed';
    return this.#link.isClosing ? 'closing' : 'open';
  }

  /** Bytes that send() took and that have not left: waiting their turn, as frames, and in the socket. */
  get bufferedAmount(): number {
    return this.#link.outbox.bufferedAmount;
  }

  /** The last round trip of a Ping, keepalive's included, in milliseconds; undefined before the first. */
  get latency(): number | undefined {
    return this.#link.latency;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Aborted when the connection has closed; its reason is the cause, where there is one. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#closeInfo !== undefined) this.#abort.abort(this.#closeInfo.cause);
    }
    return this.#abort.signal;
  }

  /** Resolves when the connection has closed. Never rejects. */
  get closed(): Promise<CloseInfo> {
    this.#closed ??= new Promise(resolve => {
      if (this.#closeInfo !== undefined) resolve(this.#closeInfo);
      else this.#resolveClosed = resolve;
    });
    return this.#closed;
  }

  // Sending

  /**
   * Sends a message: a string as text, anything else as binary. The bytes are copied, so their memory may be reused as soon as this
   * returns. For a message to many connections, use prepareMessage().
   *
   * @returns true to go on; false if more than `highWaterMark` bytes now wait (the message is on its way, and `drain` follows), or if
   *   the connection is closing or closed (the message is dropped)
   * @throws {TypeError} if `data` is none of the types above
   */
  send(data: Sendable | PreparedMessage): boolean {
    const payload = toMessage(data);
    return this.state === 'open' && this.#link.outbox.send(payload);
  }

  /**
   * Sends one message from a source of pieces, each as a fragment, no faster than the peer takes them. It is
   * not compressed, and the peer receives it as one message, within its `maxMessageSize`. A piece is copied before the
   * next one is asked for, so the source may reuse its memory. Messages sent meanwhile wait until this one is complete. A source that
   * fails midway, or an abort, leaves a message that can't be completed: the connection is closed with 1011.
   *
   * @returns true when all of it is on its way, false if the connection closed before
   */
  sendStream(source: MessageSource, options: WaitOptions = {}): Promise<boolean> {
    const signal = signalOf(options);
    const stream = new StreamMessage(source, this.#link.outbox);
    if (signal?.aborted === true) {
      stream.stop(CLOSED);
      return promptFailure(signal.reason);
    }
    if (this.state !== 'open' || !this.#link.outbox.admits()) {
      stream.stop(CLOSED);
      return promptAnswer(false);
    }
    const stopListening = onAbort(signal, () => stream.stop(signal?.reason));
    stream.result.then(stopListening, stopListening);
    this.#link.outbox.enqueue(
      0,
      () => stream.run(),
      () => stream.stop(CLOSED),
    );
    return stream.result;
  }

  /** Resolves true as soon as no more than `highWaterMark` bytes wait, false as soon as the connection is no longer open. */
  drained(options: WaitOptions = {}): Promise<boolean> {
    return this.#link.outbox.drained(signalOf(options));
  }

  /**
   * Sends a Ping (§5.5.2) and resolves with the round trip in milliseconds, or with undefined where the connection closes first.
   *
   * @param data at most 125 bytes; some of our own if left out
   * @throws {TypeError | RangeError} for anything else
   */
  ping(data?: string | Uint8Array, options: WaitOptions = {}): Promise<number | undefined> {
    const signal = signalOf(options);
    const { pinger } = this.#link;
    const payload = data === undefined ? pinger.nextPayload() : toPingPayload(data);
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (!this.#link.sendPing(payload)) return promptAnswer(undefined);
    return new Promise((resolve, reject) => {
      const answer = (roundTrip: number | undefined) => {
        stopListening();
        resolve(roundTrip);
      };
      const ping = pinger.await(payload, answer);
      const stopListening = onAbort(signal, () => {
        pinger.forget(ping);
        reject(signal?.reason);
      });
    });
  }

  // Receiving

  /** Stops delivering messages, and soon reading; nothing is lost. For `unreadTimeout` at most. */
  pause(): void {
    if (this.state !== 'open') return;
    this.#isPaused = true;
    this.#link.stopReading();
  }

  /** Goes on where pause() stopped. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliverKept();
  }

  /**
   * Iterates over the messages until the connection has closed, for an application that has no listener of `message`. The loop ends after a
   * clean closing handshake. If the connection ended in any other way, it throws the `cause` of CloseInfo after the last message.
   */
  [Symbol.asyncIterator](): MessageIterator {
    return this.#openInbox().iterator();
  }

  // The end

  /**
   * The closing handshake (§7.1.2), behind all that was sent before:
   *
   *     this endpoint                         peer
   *       Close (code, reason) ─────────────▶
   *                            ◀─── messages that were on their way are still delivered (to an iterator, as many as may be kept)
   *                            ◀───────────── Close (code)
   *       the server ends TCP, the client waits for that; after `closeTimeout` the connection is destroyed
   *
   * @returns how the connection ended
   * @throws {TypeError | RangeError} where the code must not be sent (§7.4), or the reason is longer than 123 bytes; then nothing
   *   has happened
   */
  close(code?: number, reason?: string): Promise<CloseInfo> {
    encodeClosePayload(code, reason);
    if (this.#closeInfo !== undefined) return promptAnswer(this.#closeInfo);
    if (this.state === 'open') this.#close(code, reason);
    return this.closed;
  }

  #close(code?: number, reason?: string, cause?: Error): void {
    this.#isPaused = false;
    this.#link.close(code, reason, cause);
    this.#deliverKept();
  }

  /** Ends the connection at once, without a closing handshake: for a peer that is not worth the wait. */
  terminate(): void {
    this.#link.terminate();
  }

  // What the link tells

  static readonly #events: LinkEvents<WebSocketConnection> = {
    message: (connection, data) => connection.#receive(data as Message),
    ping: (connection, payload) => {
      if (connection.listenerCount('ping') > 0) connection.#tell('ping', Buffer.from(payload));
    },
    pong: (connection, payload) => {
      if (connection.listenerCount('pong') > 0) connection.#tell('pong', Buffer.from(payload));
    },
    drained: connection => void connection.#tell('drain', undefined),
    unreadTimedOut: connection => connection.#unreadTimedOut(),
    sourceFailed: (connection, error) => connection.#close(CLOSE_CODE.INTERNAL_ERROR, '', toError(error)),
    closed: (connection, info) => connection.#finish(info),
  };

  #receive(message: Message): void {
    if (this.#settings.incoming === 'discard') return;
    if (this.#dropped > 0 || this.#hasFailed) {
      this.#dropped++;
      return;
    }
    const inbox = this.#inbox;
    // While paused, too, one may come that was being inflated.
    const isNext = !this.#isPaused && (inbox === undefined || (inbox.isEmpty && !inbox.isAwaited));
    if (isNext && this.#tell('message', message)) return;
    this.#keep(message);
  }

  #keep(message: Message): void {
    const inbox = this.#openInbox();
    // A connection that is closing cannot stop reading, since the peer's Close frame is still to come: what no listener takes
    // beyond the bounds, nobody will.
    if (inbox.isFull && this.#link.isClosing && this.listenerCount('message') === 0) {
      this.#dropped++;
      return;
    }
    inbox.put(message);
    if (!inbox.isFull) return;
    this.#link.stopReading();
    if (!this.#isPaused && !this.#hasReader) warnOfUnread(this.#settings.unreadTimeout);
  }

  get #hasReader(): boolean {
    return this.listenerCount('message') > 0 || this.#inbox?.hasReader === true;
  }

  #unreadTimedOut(): void {
    const { unreadTimeout } = this.#settings;
    this.#link.terminate(unreadTimeoutError(unreadTimeout, { isPaused: this.#isPaused, hasReader: this.#hasReader }));
  }

  #openInbox(): Inbox {
    if (this.#inbox === undefined) {
      this.#inbox = new Inbox(this.#settings, () => {
        this.#link.noteTaken();
        this.#readOn();
      });
      if (this.#closeInfo !== undefined) this.#inbox.end(this.#failure);
    }
    return this.#inbox;
  }

  /** Reads on, unless the application has paused or has still too much to take. */
  #readOn(): void {
    if (!this.#isPaused && this.#inbox?.isFull !== true) this.#link.startReading();
  }

  #listenerAdded(event: string | symbol): void {
    // In the next tick, so that what the application sets up beside this listener stands before the first message.
    if (event === 'message' && this.#inbox?.isEmpty === false) nextTick(() => this.#deliverKept());
  }

  /** Gives the kept messages to the listeners, where there are any, and reads on. */
  #deliverKept(): void {
    // A listener may resume() and so come back here.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const inbox = this.#inbox;
    while (inbox?.isEmpty === false && !this.#isPaused && !this.#hasFailed && this.listenerCount('message') > 0) {
      this.#link.noteTaken();
      this.#tell('message', inbox.take());
    }
    this.#isDelivering = false;
    this.#readOn();
  }

  /** Emits an event. Gives whether anyone listened; a listener that throws ends this connection, and this one alone. */
  #tell<E extends keyof ConnectionEvents>(event: E, value: ConnectionEvents[E][0]): boolean {
    if (this.#hasFailed && event !== 'close') return true;
    return emitTo(this, failHandler, event, value);
  }

  #handlerFailed(event: string, thrown: unknown): void {
    if (this.#hasFailed && event !== 'close' && event !== 'handlerError') return;
    // An async listener with a loop over this connection: that it was lost is no failure of the listener, and `close` tells it.
    if (thrown !== undefined && thrown === this.#failure) return;
    this.#hasFailed = true;
    const error = new HandlerError(event, thrown);
    if (this.state === 'open') this.#close(CLOSE_CODE.INTERNAL_ERROR, '', error);
    // A listener of handlerError that fails itself is not called again.
    const unreported = () => warn(error);
    if (event !== 'handlerError' && emitTo(this, unreported, 'handlerError', error)) return;
    callSafely(() => {
      if (this.#onHandlerError?.(error, this) !== true) unreported();
    }, unreported);
  }

  /** What iterators throw: the connection did not end by a closing handshake. */
  get #failure(): Error | undefined {
    const info = this.#closeInfo;
    return info?.wasClean === false ? info.cause : undefined;
  }

  #finish(end: Omit<CloseInfo, 'dropped'>): void {
    this.#deliverKept();
    const cause = end.cause ?? (end.wasClean ? undefined : new ConnectionLostError('no closing handshake took place'));
    const info = { ...end, cause, dropped: this.#dropped };
    this.#closeInfo = info;
    this.#inbox?.end(this.#failure);
    callSafely(
      () => this.#onClosed?.(this),
      thrown => warn(new HandlerError('onClosed', thrown, 'option')),
    );
    this.#resolveClosed?.(info);
    this.#abort?.abort(info.cause);
    this.#tell('close', info);
  }
}

/** @throws {TypeError} where there is something else in its place */
function signalOf(options: WaitOptions): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  const { signal } = options;
  checkSignal(signal);
  return signal;
}

function toPingPayload(data: string | Uint8Array): Buffer {
  const payload = toPayload(data);
  if (isBlob(payload)) throw invalidType('data', 'a string or a Uint8Array', data);
  const bytes = Buffer.from(payload as string);
  if (bytes.length > MAX_CONTROL_PAYLOAD) {
    throw invalidValue('data', `at most ${MAX_CONTROL_PAYLOAD} bytes in a Ping (RFC 6455 §5.5)`, bytes.length);
  }
  // It waits for its Pong, so it must not lie in Node's pool, of which others would be kept with it.
  return Buffer.from(new Uint8Array(bytes).buffer);
}

function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error('the source of a message failed', { cause: thrown });
}
