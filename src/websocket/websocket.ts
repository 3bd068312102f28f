import type { CloseInfo } from '../connection/close-info.js';
import type { Message } from '../connection/inbox.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { isBlob, isError } from '../host-values.js';
import { setImmediate } from '../timers.js';
import { checkClose } from './close-arguments.js';
import { establish } from './establish.js';
import { EventHandlers } from './event-handlers.js';
import type { ErrorHandlerEvent, Handler, Listener, ListenerOptions, WebSocketEventMap } from './event-map.js';
import { type CloseEvent, closeEventClass, errorEventClass } from './events.js';
import { type ConstructorArguments, resolveArguments, type WebSocketInit } from './options.js';
import { toBinaryData, toMessage } from './payload.js';
import { checkProtocols, parseUrl } from './url.js';
import { clampToUnsignedShort, defineInterface, requireArgument, toScalarString } from './web-idl.js';

/** The type in which binary messages are delivered. */
export type BinaryType = 'blob' | 'arraybuffer';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/**
 * With this many messages whose tasks have not run, reading stops. Node runs all waiting tasks before it looks at
 * another socket, and a chunk of 64 KiB may hold ten thousand messages. With listeners of 50 µs, the longest turn of the event
 * loop was 1,000 ms without this, and is 85 ms with it. Throughput is the same with 16, 64 and 256.
 */
const MOST_TASKS = 64;

/** These methods are those of EventTarget, with narrower types. */
export interface WebSocket {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: Listener<WebSocketEventMap[Type]> | null,
    options?: boolean | ListenerOptions,
  ): void;
  addEventListener(type: string, listener: Listener<Event> | null, options?: boolean | ListenerOptions): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: Listener<WebSocketEventMap[Type]> | null,
    options?: boolean | ListenerOptions,
  ): void;
  removeEventListener(type: string, listener: Listener<Event> | null, options?: boolean | ListenerOptions): void;
}

/**
 * The WebSocket of browsers, as the WHATWG standard describes it (https://websockets.spec.whatwg.org).
 *
 *     const socket = new WebSocket('wss://example.com/chat');
 *     socket.onmessage = event => console.log(event.data);
 *
 * "Queue a task" of the standard is one setImmediate(): each event has its own, and microtasks run between two events.
 * A listener that throws causes an `uncaughtException`, as with every EventTarget of Node.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above declares methods of EventTarget
export class WebSocket extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #url: URL;
  readonly #handlers: EventHandlers = new EventHandlers(this);
  readonly #attempt = new AbortController();
  #connection: WebSocketConnection | undefined;
  #readyState: 0 | 1 | 2 | 3 = CONNECTING;
  #binaryType: BinaryType = 'blob';
  #bufferedAmount = 0;
  /** How many of these bytes the connection has taken. */
  #taken = 0;
  #isFlushing = false;
  /** How many messages have arrived, but their tasks have not run yet. */
  #undelivered = 0;

  static {
    defineInterface(WebSocket, { CONNECTING, OPEN, CLOSING, CLOSED });
  }

  /**
   * Starts to open a connection.
   *
   * @param url an absolute URL: ws:, wss:, or http: and https:, which mean the same
   * @param protocols the subprotocols to offer, or the options
   * @param init options for Node.js, which browsers do not have
   * @throws {DOMException} SyntaxError if the URL or a subprotocol is wrong
   * @throws {TypeError | RangeError} if an option is wrong
   */
  constructor(
    url: string | URL,
    protocols: string | Iterable<string> | WebSocketInit | undefined = undefined,
    init: WebSocketInit | undefined = undefined,
  ) {
    super();
    // biome-ignore lint/complexity/noArguments: `undefined` is a URL, although a relative one
    requireArgument('the constructor of WebSocket', arguments.length);
    const given = resolveArguments(protocols, init);
    this.#url = parseUrl(toScalarString(url));
    checkProtocols(given.protocols);
    void this.#establish(given);
  }

  /** The URL, normalised. */
  get url(): string {
    return this.#url.href;
  }

  /** 0 while connecting, then 1 (open), 2 (closing) and 3 (closed). */
  get readyState(): 0 | 1 | 2 | 3 {
    // "When the WebSocket closing handshake is started, the user agent must queue a task to change the ready state to
    // CLOSING." Tasks of messages that arrived before the Close frame run first.
    const isClosing = this.#readyState === OPEN && this.#undelivered === 0 && this.#connection?.state !== 'open';
    return isClosing ? CLOSING : this.#readyState;
  }

  /**
   * How many bytes of messages were passed to send() and have not been handed to the operating system. The number does
   * not change when the connection closes.
   */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The negotiated extensions, or ''. */
  get extensions(): string {
    return this.#hasOpened ? this.#connection!.extensions : '';
  }

  /** The negotiated subprotocol, or ''. */
  get protocol(): string {
    return this.#hasOpened ? this.#connection!.subprotocol : '';
  }

  /**
   * The type in which binary messages are delivered: 'blob', the default, or 'arraybuffer'. Any other value is ignored.
   */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(value: BinaryType) {
    const given: unknown = `${value}`;
    this.#binaryType = given === 'blob' || given === 'arraybuffer' ? given : this.#binaryType;
  }

  get onopen(): Handler<Event> {
    return this.#handlers.get('open');
  }

  set onopen(handler: Handler<Event>) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handlers.get('message');
  }

  set onmessage(handler: Handler<MessageEvent>) {
    this.#handlers.set('message', handler);
  }

  get onerror(): Handler<ErrorHandlerEvent> {
    return this.#handlers.get('error');
  }

  set onerror(handler: Handler<ErrorHandlerEvent>) {
    this.#handlers.set('error', handler);
  }

  get onclose(): Handler<CloseEvent> {
    return this.#handlers.get('close');
  }

  set onclose(handler: Handler<CloseEvent>) {
    this.#handlers.set('close', handler);
  }

  /**
   * Sends a message: a string as text, anything else as binary. Bytes are copied. A message that can't be sent because
   * the connection is closing or closed only counts for `bufferedAmount`.
   *
   * @throws {DOMException} InvalidStateError while connecting
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    // biome-ignore lint/complexity/noArguments: `undefined` is sent as a string
    requireArgument('send()', arguments.length);
    const message = toMessage(data);
    // "If this's ready state is CONNECTING, then throw an InvalidStateError."
    if (this.#readyState === CONNECTING) {
      throw new DOMException('send() was called before the connection was open', 'InvalidStateError');
    }
    // "Any invocation of this method … must increase the bufferedAmount attribute by the number of bytes needed to
    // express the argument", in whatever state.
    const size = sizeOf(message);
    this.#bufferedAmount += size;
    if (this.#readyState !== OPEN || this.#connection!.send(message) === undefined) return;
    this.#taken += size;
    if (!this.#isFlushing) this.#awaitFlush();
  }

  /**
   * Starts the closing handshake, after all messages that were sent. While connecting, aborts the attempt.
   *
   * @param code 1000, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws {DOMException} InvalidAccessError for another code, SyntaxError for a longer reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    // Default values make `length` 0, as Web IDL requires for optional arguments.
    const givenReason = reason === undefined ? '' : toScalarString(reason);
    const closeCode = checkClose(code === undefined ? undefined : clampToUnsignedShort(code), givenReason);
    // "If this's ready state is CLOSING or CLOSED: do nothing."
    if (this.#readyState === CLOSING || this.#readyState === CLOSED) return;
    const isConnecting = this.#readyState === CONNECTING;
    this.#readyState = CLOSING;
    // "If the WebSocket connection is not yet established: fail the WebSocket connection."
    if (isConnecting) {
      this.#attempt.abort(new DOMException('close() was called before the connection was open', 'AbortError'));
    } else {
      // "If the WebSocket closing handshake has not yet been started: start the WebSocket closing handshake."
      void this.#connection!.close(closeCode, givenReason);
    }
  }

  get #hasOpened(): boolean {
    return this.#connection !== undefined && !this.#attempt.signal.aborted && this.#readyState !== CONNECTING;
  }

  async #establish(given: ConstructorArguments): Promise<void> {
    const { signal } = this.#attempt;
    try {
      const connection = await establish(this.#url, given, signal);
      this.#listen(connection);
      const info = await connection.closed;
      // Messages that pause() held back come before the end.
      connection.resume();
      setImmediate(() => this.#closed(info, signal.reason));
    } catch (error) {
      setImmediate(() => this.#closed(undefined, error));
    }
  }

  #listen(connection: WebSocketConnection): void {
    this.#connection = connection;
    setImmediate(() => this.#opened(connection));
    connection.on('message', data => {
      if (++this.#undelivered === MOST_TASKS) connection.pause();
      setImmediate(() => this.#received(data));
    });
  }

  /** "When the WebSocket connection is established, … queue a task to run these steps" */
  #opened(connection: WebSocketConnection): void {
    if (this.#attempt.signal.aborted) {
      connection.terminate();
      return;
    }
    // "1. Change the ready state to OPEN. 2. Change the extensions attribute's value … 3. Change the protocol
    // attribute's value …"
    this.#readyState = OPEN;
    // "4. Fire an event named open"
    this.dispatchEvent(new Event('open'));
  }

  /** "When a WebSocket message has been received with type and data, … queue a task to follow these steps" */
  #received(data: Message): void {
    if (--this.#undelivered === 0) this.#connection!.resume();
    // "1. If ready state is not OPEN, then return."
    if (this.#readyState !== OPEN) return;
    // "2. Let dataForEvent be … a string / a new Blob object / a new ArrayBuffer object"
    const dataForEvent = typeof data === 'string' ? data : toBinaryData(data, this.#binaryType);
    // "3. Fire an event named message … with the origin attribute initialized to the serialization of the WebSocket
    // object's url's origin"
    this.dispatchEvent(new MessageEvent('message', { data: dataForEvent, origin: this.#url.origin }));
  }

  /** "When the WebSocket connection is closed, possibly cleanly, … queue a task to run the following substeps" */
  #closed(info: CloseInfo | undefined, failure: unknown): void {
    const { wasClean = false, code = 1006, reason = '', cause = failure } = info ?? {};
    // "1. Change the ready state to CLOSED."
    this.#readyState = CLOSED;
    // "2. If the user agent was required to fail the WebSocket connection, …, fire an event named error". The loss of
    // the transport is such a failure (RFC 6455 §7.2.1).
    if (!wasClean) {
      const message = isError(cause) ? cause.message : 'the connection failed';
      this.dispatchEvent(new (errorEventClass())('error', { message, error: cause }));
    }
    // "3. Fire an event named close"
    this.dispatchEvent(new (closeEventClass())('close', { wasClean, code, reason }));
  }

  /** Reduces `bufferedAmount` when the bytes that the connection has taken so far have left. */
  #awaitFlush(): void {
    this.#isFlushing = true;
    const amount = this.#taken;
    void this.#connection!.flushed().then(hasLeft => {
      // In a task: the amount is that "as of the last time the event loop reached step 1".
      setImmediate(() => {
        this.#isFlushing = false;
        if (!hasLeft) return;
        this.#bufferedAmount -= amount;
        this.#taken -= amount;
        if (this.#taken > 0) this.#awaitFlush();
      });
    });
  }
}

function sizeOf(message: string | Uint8Array | Blob): number {
  if (typeof message === 'string') return Buffer.byteLength(message);
  return isBlob(message) ? message.size : message.byteLength;
}
