import { captureRejectionSymbol, EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { encodeClosePayload } from '../framing/close-payload.js';
import { isBlob } from '../host-values.js';
import type { Role } from '../protocol/options.js';
import { type Transport, transportOf } from '../transport/transport.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { CloseInfo } from './close-info.js';
import { type ConnectionEvents, refuseForeignEvent } from './events.js';
import type { Message, MessageIterator, TypedMessage } from './inbox.js';
import type { ConnectionInit, HandshakeResponse } from './init.js';
import { isStreamWanted, type MessagesOptions } from './messages-options.js';
import { CONNECTION_DEFAULTS } from './options.js';
import { payloadAs, type Sendable, type SendOptions, sendModeOf, toControlPayload } from './payload.js';
import { checkNotPrepared, PreparedMessage, toMessage } from './prepared-message.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';
import { Reading } from './reading.js';
import {
  type MessageSource,
  SEND_STREAM_OPTION_NAMES,
  type SendStreamOptions,
  StreamMessage,
} from './stream-message.js';
import type { MessageStream } from './streamed-messages.js';
import { rejectIfThrown, signalOf, untilAnswered, type WaitOptions } from './wait.js';
import { makeReadable, makeWritable, nativeRules } from './web-streams.js';

/**
 * A live WebSocket connection of a client or a server. connect() resolves to one, and a server emits one with
 * `connection`.
 *
 *     connection.on('message', data => connection.send(data));
 *     for await (const message of connection) …
 *
 * A message goes to an iterator that waits for one, or else to the listeners for `message`. If there is neither, it is
 * kept until there is one.
 */
export class WebSocketConnection<Context = unknown> extends EventEmitter<ConnectionEvents> {
  readonly role: Role;
  /** The negotiated subprotocol, or '' (RFC 6455 §1.9). */
  readonly subprotocol: string;
  /** The negotiated extensions as in Sec-WebSocket-Extensions, or '' (§9.1). */
  readonly extensions: string;
  /**
   * The value that the server's authorize() or the caller of handleUpgrade() provided; undefined without one, and on a
   * client.
   */
  readonly context: Context;
  /** The server's response to the opening handshake; undefined on a server. */
  readonly response: HandshakeResponse | undefined;
  /** The addresses of both ends, and the properties of TLS if it is used. */
  readonly transport: TransportInfo;
  readonly #reading: Reading;

  static {
    type Add = (this: WebSocketConnection, event: string | symbol, listener: (...args: unknown[]) => void) => unknown;
    const { on, prependListener } = EventEmitter.prototype as unknown as Readonly<Record<string, Add>>;
    /** Reports each listener for `message` to Delivery, and refuses listeners for events that do not exist. */
    const observed = (add: Add): Add =>
      function (this: WebSocketConnection, event, listener) {
        if (event === 'message') this.#reading.admitListener();
        else refuseForeignEvent(event);
        add.call(this, event, listener);
        if (event === 'message') this.#reading.listenerAdded();
        return this;
      };
    const addListener = observed(on!);
    // These overrides have no declarations, because those of EventEmitter differ between major versions of @types/node.
    // once() calls on(), and prependOnceListener() calls prependListener().
    Object.assign(WebSocketConnection.prototype, {
      on: addListener,
      addListener,
      prependListener: observed(prependListener!),
      // EventEmitter calls it if the promise of a listener rejects.
      [captureRejectionSymbol](this: WebSocketConnection, error: unknown, event: string | symbol): void {
        this.#reading.handlers.failed(String(event), error);
      },
    });
  }

  /**
   * Makes a connection from a transport whose opening handshake is complete. connect() and WebSocketServer do this for
   * you.
   *
   * @throws {TypeError} if `transport` is neither a Duplex nor a Transport
   */
  constructor(transport: Duplex | Transport, init: ConnectionInit<Context>) {
    super({ captureRejections: true });
    this.role = init.role;
    this.subprotocol = init.subprotocol;
    this.extensions = init.extensions;
    this.context = init.context as Context;
    this.response = init.response;
    const carrier = transportOf(transport);
    this.transport = carrier.info;
    const settings = init.settings ?? CONNECTION_DEFAULTS;
    this.#reading = new Reading(carrier, this as WebSocketConnection, init, settings);
    if (init.head !== undefined && init.head.length > 0) this.#reading.receiveEarly(init.head);
  }

  /**
   * The state of the connection: 'closing' from the first Close frame of either side, or from a broken rule, until the
   * transport has closed.
   */
  get state(): 'open' | 'closing' | 'closed' {
    return this.#reading.state;
  }

  /** How many bytes were sent and have not left yet: in waiting messages, in frames, and in the socket. */
  get bufferedAmount(): number {
    return this.#reading.backlog.bufferedAmount;
  }

  /** The last round trip of a Ping in milliseconds, including those of keepalive. Undefined before the first Pong. */
  get latency(): number | undefined {
    return this.#reading.latency;
  }

  /** Whether pause() is in effect. */
  get isPaused(): boolean {
    return this.#reading.delivery.isPaused;
  }

  /**
   * Aborted when the connection has closed. The reason is the `cause` of CloseInfo, or else a ConnectionClosedError
   * with the close code and reason.
   */
  get signal(): AbortSignal {
    return this.#reading.closing.signal;
  }

  /** Resolves when the connection has closed. Never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#reading.closing.closed;
  }

  // Sending

  /**
   * Sends a message: a string as text, anything else as binary. The bytes are copied, so their memory may be reused
   * when this returns. For one message to many connections, use prepareMessage().
   *
   * @returns `true` if the message was taken; `false` if it was taken and more than `highWaterMark` bytes now wait, so
   *   stop until drained() or `drain`; `undefined` if it was dropped because the connection is closing or closed
   * @throws {TypeError} if `data` or an option has the wrong type
   * @throws {RangeError} if bytes that are sent as text are not UTF-8
   */
  send(data: Sendable | PreparedMessage, options?: SendOptions): boolean | undefined {
    const message = toMessage(data);
    if (options !== undefined) return this.#sendWith(message, options);
    return this.state === 'open' ? this.#reading.outbox.send(message) : undefined;
  }

  #sendWith(message: string | Uint8Array | Blob | PreparedMessage, options: SendOptions): boolean | undefined {
    const { isText, mayCompress } = sendModeOf(options, typeof message === 'string');
    checkNotPrepared(message, options);
    const payload = message instanceof PreparedMessage || isBlob(message) ? message : payloadAs(message, isText);
    return this.state === 'open' ? this.#reading.outbox.send(payload, isText, mayCompress) : undefined;
  }

  /**
   * Sends one message from a source of pieces. Each piece is sent as a fragment, no faster than the peer takes them.
   * The peer receives it as one message, within its `maxMessageSize`. If permessage-deflate was negotiated, each piece
   * is compressed by itself, so that it can be inflated when it arrives. A piece is copied before the next one is
   * requested, so the source may reuse its memory. Messages sent meanwhile wait until this one is complete. If the
   * source fails or the signal aborts after the first piece, the message can't be completed, so the connection is
   * closed with 1011.
   *
   * @param options with `type: 'text'`, pieces that are bytes are sent as text. Together they must be UTF-8; otherwise
   *   the source counts as failed.
   * @returns true when the whole message has been queued, false if the connection closed before. Rejects with a
   *   TypeError or RangeError for a wrong argument.
   */
  sendStream(source: MessageSource, options: SendStreamOptions = {}): Promise<boolean> {
    return rejectIfThrown(() => {
      const signal = signalOf(options);
      const mode = sendModeOf(options, undefined, SEND_STREAM_OPTION_NAMES);
      const { outbox, backlog } = this.#reading;
      return new StreamMessage(source, mode, outbox, backlog).start(this.state === 'open', signal);
    });
  }

  /** Resolves to true when at most `highWaterMark` bytes wait, or to false when the connection is no longer open. */
  drained(options: WaitOptions = {}): Promise<boolean> {
    return rejectIfThrown(() => this.#reading.backlog.drained(signalOf(options)));
  }

  /**
   * Resolves to true when everything that was sent before this call has been handed to the operating system, or to
   * false if the connection closes first.
   */
  flushed(options: WaitOptions = {}): Promise<boolean> {
    return rejectIfThrown(() => this.#reading.backlog.flushed(signalOf(options)));
  }

  /**
   * Sends a Ping (§5.5.2) and resolves with the round trip in milliseconds, or with undefined if the connection closes
   * first.
   *
   * @param data at most 125 bytes; by default a counter of 4 bytes. If it is anything else, the promise rejects with a
   *   TypeError or RangeError.
   */
  ping(data?: string | Uint8Array, options: WaitOptions = {}): Promise<number | undefined> {
    return rejectIfThrown(() => this.#ping(data, signalOf(options)));
  }

  #ping(data: string | Uint8Array | undefined, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { pinger } = this.#reading;
    const payload = data === undefined ? pinger.nextPayload() : toControlPayload(data, 'Ping');
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (!this.#reading.outbox.ping(payload)) return promptAnswer(undefined);
    return untilAnswered(signal, answer => {
      const ping = pinger.await(payload, answer);
      return () => pinger.forget(ping);
    });
  }

  /**
   * Sends a Pong that answers no Ping, as a one-way heartbeat (§5.5.3). Does nothing if the connection is closing or
   * closed.
   *
   * @param data at most 125 bytes; none by default
   * @throws {TypeError | RangeError} if `data` is anything else
   */
  pong(data: string | Uint8Array = ''): void {
    const payload = toControlPayload(data, 'Pong');
    this.#reading.outbox.pong(payload);
  }

  // Receiving

  /**
   * Stops delivering messages and then reading. Nothing is lost. After `unreadTimeout`, the connection is terminated.
   */
  pause(): void {
    if (this.state === 'open') this.#reading.delivery.pause();
  }

  /** Delivers messages again after pause(). */
  resume(): void {
    this.#reading.delivery.resume();
  }

  /**
   * Iterates over the messages until the connection has closed, for an application without a listener for `message`.
   * The loop ends after a clean closing handshake. If the connection ended in any other way, the loop throws the
   * `cause` of CloseInfo after the last message.
   */
  [Symbol.asyncIterator](): MessageIterator {
    return this.#reading.delivery.iterator();
  }

  /** Iterates over the messages with their types, like `for await (const message of connection)`. */
  messages(options?: { readonly stream?: false | undefined }): MessageIterator<TypedMessage>;
  /**
   * Iterates over the messages as streams: each is received in parts, as fast as the application takes them, in memory
   * of about `maxUnreadBytes`. Text is never cut within a character. `maxMessageSize` applies, so raise it for longer
   * messages.
   *
   *     for await (const message of connection.messages({ stream: true })) {
   *       for await (const part of message) …
   *     }
   *
   * A compressed message is inflated as its parts are taken.
   *
   * @throws {TypeError} if something else reads the messages: another iterator, or a listener for `message`
   */
  messages(options: { readonly stream: true }): MessageIterator<MessageStream>;
  messages(options: MessagesOptions = {}): MessageIterator<TypedMessage> | MessageIterator<MessageStream> {
    const { delivery } = this.#reading;
    return isStreamWanted(options) ? delivery.streamIterator() : delivery.typedIterator();
  }

  // Streams

  /**
   * The messages as a ReadableStream, for example for pipeThrough(). It is created when this property is first read,
   * and is then the only reader of the connection. It ends after a clean closing handshake, and fails with the `cause`
   * of CloseInfo otherwise. Its cancel() closes the connection.
   */
  get readable(): ReadableStream<Message> {
    return this.#keep('readable', makeReadable(this as WebSocketConnection, nativeRules(this as WebSocketConnection)));
  }

  /**
   * A WritableStream that sends each chunk as a message. It is created when this property is first read. A write is
   * complete when at most `highWaterMark` bytes wait. Its close() does the closing handshake, and its abort() closes
   * the connection with 1011. It fails when the connection closes.
   */
  get writable(): WritableStream<Sendable> {
    return this.#keep('writable', makeWritable(this as WebSocketConnection, nativeRules(this as WebSocketConnection)));
  }

  /** Replaces a getter with its value. A private field would take memory in connections without streams, too. */
  #keep<T>(name: 'readable' | 'writable', value: T): T {
    Object.defineProperty(this, name, { value });
    return value;
  }

  // The end

  /**
   * Starts the closing handshake (§7.1.2) after all earlier messages.
   *
   *     this endpoint                         peer
   *       Close (code, reason) ─────────────▶
   *                            ◀─── messages in flight are still delivered (an iterator gets as many as may be kept)
   *                            ◀───────────── Close (code)
   *       The server ends TCP and the client waits for that. After `closeTimeout`, the connection is destroyed.
   *
   * @returns how the connection ended. If the code must not be sent (§7.4) or the reason is longer than 123 bytes,
   *   rejects with a TypeError or RangeError, and nothing else happens.
   */
  close(code?: number, reason?: string): Promise<CloseInfo> {
    return rejectIfThrown(() => this.#closeChecked(code, reason));
  }

  #closeChecked(code?: number, reason?: string): Promise<CloseInfo> {
    encodeClosePayload(code, reason);
    const { info } = this.#reading.closing;
    if (info !== undefined) return promptAnswer(info);
    if (this.state === 'open') this.#reading.close(code, reason);
    return this.closed;
  }

  /** Destroys the connection at once, without a closing handshake. */
  terminate(): void {
    this.#reading.closing.terminate();
  }

  /** Closes the connection at the end of an `await using` block: close() without a code. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lets this connection keep the process alive, which is the default. Does nothing if the Duplex has no ref(). */
  ref(): this {
    this.#reading.setRef(true);
    return this;
  }

  /** Lets the process end although this connection is open. Does nothing if the Duplex has no unref(). */
  unref(): this {
    this.#reading.setRef(false);
    return this;
  }
}
