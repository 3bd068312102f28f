import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { isBlob } from '../host-values.js';
import { nextTick } from '../timers.js';
import { abortHandshake, ClientOpening } from './client-opening.js';
import type { ClientOptions } from './client-options.js';
import {
  BINARY_TYPES,
  type BinaryType,
  CLOSE_TIMEOUT,
  EMPTY_BUFFER,
  kForOnEventAttribute,
  MAX_PENDING_AUTO_PONGS,
} from './constants.js';
import { addEventListener, removeEventListener } from './event-target.js';
import { toBuffer } from './payload.js';
import type { PerMessageDeflate } from './per-message-deflate.js';
import type {
  CloseEvent,
  ErrorEvent,
  Event,
  EventMapListener,
  MessageEvent,
  ReadyState,
  WebSocketEventMap,
  WebSocketEvents,
} from './public-types.js';
import type { Receiver } from './receiver.js';
import type { SendCallback, Sender, SendOptions } from './sender.js';
import { type LinkOptions, READY_STATE, SocketLink } from './socket-link.js';
import { TypedEmitter } from './typed-emitter.js';
import { defineAttributes } from './web-socket-attributes.js';

const STATE_NAMES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

const CLOSED_EARLY = 'WebSocket was closed before the connection was established';

/** A WebSocket with the interface of the package `ws`. */
export class WebSocket extends TypedEmitter<WebSocketEvents> {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  /** The connection is open. */
  declare onopen: ((event: Event) => void) | null;
  /** A message was received. */
  declare onmessage: ((event: MessageEvent) => void) | null;
  /** The connection has failed. `close` follows. */
  declare onerror: ((event: ErrorEvent) => void) | null;
  /** The connection has closed. */
  declare onclose: ((event: CloseEvent) => void) | null;
  _binaryType: BinaryType = 'nodebuffer';
  _closeCode = 1006;
  _closeFrameReceived = false;
  _closeFrameSent = false;
  _closeMessage: Buffer = EMPTY_BUFFER;
  _closeTimer: NodeJS.Timeout | null = null;
  _closeTimeout: number;
  _errorEmitted = false;
  _extensions: { 'permessage-deflate'?: PerMessageDeflate } = {};
  _paused = false;
  _protocol = '';
  _readyState: number = READY_STATE.CONNECTING;
  _isServer: boolean;
  _autoPong: boolean;
  _maxPendingAutoPongs: number;
  _redirects = 0;
  _url = '';
  _req: ClientRequest | null = null;
  /** The bytes that were passed to send() after the socket had closed. */
  _bufferedAmount = 0;
  #link: SocketLink | undefined;

  /** @param address the URL to connect to, or null for a WebSocket that gets its socket by setSocket() */
  constructor(address: string | URL | null, protocols?: string | string[] | ClientOptions, options?: ClientOptions) {
    super();
    const isList = typeof protocols === 'string' || Array.isArray(protocols) || protocols == null;
    const given: ClientOptions = (isList ? options : protocols) ?? {};
    this._isServer = address === null && given.isServer !== false;
    this._autoPong = given.autoPong ?? true;
    this._closeTimeout = given.closeTimeout ?? CLOSE_TIMEOUT;
    this._maxPendingAutoPongs = given.maxPendingAutoPongs ?? MAX_PENDING_AUTO_PONGS;
    if (address === null) return;
    const list = [isList && protocols !== undefined ? protocols : (given.protocols ?? [])].flat();
    new ClientOpening(this, list, given).open(address);
  }

  // Properties

  /** The form in which binary messages are delivered. */
  get binaryType(): Exclude<BinaryType, 'blob'> {
    return this._binaryType as Exclude<BinaryType, 'blob'>;
  }

  /** The default is 'nodebuffer'. */
  set binaryType(type: BinaryType) {
    if (!BINARY_TYPES.includes(type)) return;
    this._binaryType = type;
    if (this.#link !== undefined) this.#link.receiver._binaryType = type;
  }

  /** How many bytes of frames the system has not taken yet. */
  get bufferedAmount(): number {
    const link = this.#link;
    if (link === undefined) return this._bufferedAmount;
    link.sender.flush();
    return link.socket.writableLength + link.sender._bufferedBytes;
  }

  /** The names of the negotiated extensions. */
  get extensions(): string {
    return Object.keys(this._extensions).join();
  }

  /** Whether pause() is in effect. */
  get isPaused(): boolean {
    return this._paused;
  }

  /** The negotiated subprotocol, or ''. */
  get protocol(): string {
    return this._protocol;
  }

  /** One of the constants CONNECTING, OPEN, CLOSING and CLOSED. */
  get readyState(): ReadyState {
    return this._readyState as ReadyState;
  }

  /** The URL, after redirects. '' on a server. */
  get url(): string {
    return this._url;
  }

  /** The socket. Frames that wait are written before it is returned. */
  get _socket(): Duplex | null {
    const link = this.#link;
    if (link === undefined) return null;
    link.sender.flush();
    return link.socket;
  }

  /** The Receiver, which reads the socket. */
  get _receiver(): Receiver | null {
    return this.#link?.receiver ?? null;
  }

  /** The Sender, which writes to the socket. */
  get _sender(): Sender | null {
    return this.#link?.sender ?? null;
  }

  // The connection

  /** Opens this WebSocket on a socket whose opening handshake is complete. */
  setSocket(socket: Duplex, head: Uint8Array, options: LinkOptions = {}): void {
    this.#link = new SocketLink(this, socket, options);
    this.#link.start(head);
    this._readyState = READY_STATE.OPEN;
    this.emit('open');
  }

  /** Emits `close`, the last event. */
  _emitClose(): void {
    this._extensions['permessage-deflate']?.cleanup();
    this.#link?.receiver.removeAllListeners();
    this._readyState = READY_STATE.CLOSED;
    this.emit('close', this._closeCode, this._closeMessage);
  }

  /** Starts the closing handshake (RFC 6455 §7.1.2), or continues it. */
  close(code?: number, data?: string | Uint8Array): void {
    if (this._readyState === READY_STATE.CLOSED) return;
    if (this._readyState === READY_STATE.CONNECTING) abortHandshake(this, this._req, CLOSED_EARLY);
    else if (this._readyState === READY_STATE.CLOSING) this.#link?.endAfterHandshake();
    else this.#link?.close(code, data);
  }

  /** Destroys the socket. */
  terminate(): void {
    if (this._readyState === READY_STATE.CLOSED) return;
    if (this._readyState === READY_STATE.CONNECTING) {
      abortHandshake(this, this._req, CLOSED_EARLY);
    } else if (this.#link !== undefined) {
      this._readyState = READY_STATE.CLOSING;
      this._socket!.destroy();
    }
  }

  /** Stops reading the socket. */
  pause(): void {
    if (this._readyState === READY_STATE.CONNECTING || this._readyState === READY_STATE.CLOSED) return;
    this._paused = true;
    this.#link?.socket.pause();
  }

  /** Ends the effect of pause(). */
  resume(): void {
    if (this._readyState === READY_STATE.CONNECTING || this._readyState === READY_STATE.CLOSED) return;
    this._paused = false;
    // Otherwise, the Receiver resumes the socket.
    if (this.#link?.receiver.writableNeedDrain === false) this.#link.socket.resume();
  }

  // Sending

  /** Sends a Ping (§5.5.2). Calls back when it has left. */
  ping(data?: unknown, mask?: unknown, callback?: unknown): void {
    this.#control('ping', data, mask, callback);
  }

  /** Sends a Pong (§5.5.3). Calls back when it has left. */
  pong(data?: unknown, mask?: unknown, callback?: unknown): void {
    this.#control('pong', data, mask, callback);
  }

  #control(name: 'ping' | 'pong', ...[data, mask, callback]: unknown[]): void {
    this.#checkConnected();
    if (typeof data === 'function') [data, mask, callback] = [undefined, undefined, data];
    else if (typeof mask === 'function') [mask, callback] = [undefined, mask];
    const payload = typeof data === 'number' ? String(data) : data;
    if (this._readyState !== READY_STATE.OPEN) {
      this.#dropped(payload, callback as SendCallback);
      return;
    }
    const isMasked = mask === undefined ? !this._isServer : Boolean(mask);
    this.#link!.sender[name](payload || EMPTY_BUFFER, isMasked, callback as SendCallback);
  }

  /** Sends a message, or a fragment of one. Calls back when it has left, or can't leave any more. */
  send(data: unknown, options?: SendOptions | SendCallback | null, callback?: SendCallback): void {
    this.#checkConnected();
    const payload = typeof data === 'number' ? String(data) : data;
    const done = typeof options === 'function' ? options : callback;
    if (this._readyState !== READY_STATE.OPEN) {
      this.#dropped(payload, done);
      return;
    }
    const binary = typeof payload !== 'string';
    const compress = this._extensions['permessage-deflate'] !== undefined;
    const sent = { binary, mask: !this._isServer, fin: true, compress };
    if (typeof options === 'object' && options !== null) {
      Object.assign(sent, options);
      if (!compress) sent.compress = false;
    }
    this.#link!.sender.send(payload || EMPTY_BUFFER, sent, done);
  }

  #checkConnected(): void {
    if (this._readyState !== READY_STATE.CONNECTING) return;
    throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
  }

  /** Counts messages that can't be sent any more, as browsers do. */
  #dropped(data: unknown, callback: SendCallback | undefined): void {
    if (data) {
      const size = isBlob(data) ? data.size : toBuffer(data).length;
      if (this.#link === undefined) this._bufferedAmount += size;
      else this.#link.sender._bufferedBytes += size;
    }
    if (typeof callback !== 'function') return;
    const state = `${this._readyState} (${STATE_NAMES[this._readyState]})`;
    const error = new Error(`WebSocket is not open: readyState ${state}`);
    nextTick(() => callback(error));
  }

  // EventTarget

  /** Adds a listener as EventTarget does. Names of other events are ignored. */
  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: EventMapListener<K>,
    options?: { once?: boolean | undefined },
  ): void {
    addEventListener(this, type, listener as never, { ...options, [kForOnEventAttribute]: false });
  }

  /** Removes a listener that addEventListener() has added. */
  removeEventListener<K extends keyof WebSocketEventMap>(type: K, listener: EventMapListener<K>): void {
    removeEventListener(this, type, listener as never);
  }
}

defineAttributes(WebSocket);
