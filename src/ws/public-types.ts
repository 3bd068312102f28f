import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex, DuplexOptions } from 'node:stream';
import type { ClientOptions } from './client-options.js';
import type { extension } from './extension.js';
import type { PerMessageDeflate } from './per-message-deflate.js';
import type { Receiver } from './receiver.js';
import type { Sender, SendOptions } from './sender.js';
import type { ServerOptions } from './server-options.js';
import type { subprotocol } from './subprotocol.js';
import type { TypedEmitter } from './typed-emitter.js';

/**
 * The types of WebSocket and WebSocketServer, without the properties that only the ecosystem reads. They fit those of
 * `@types/ws` in both directions.
 */

/** A binary message, or a text as a Buffer. With `binaryType` 'blob', it is a Blob. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** The data of a MessageEvent. */
export type Data = string | Buffer | ArrayBuffer | Buffer[];

/** The data that send() accepts: a Blob, and everything that Buffer.from() accepts. */
export type BufferLike =
  | string
  | number
  | ArrayBufferView
  | ArrayBufferLike
  | Blob
  | readonly unknown[]
  | { valueOf(): ArrayBuffer | SharedArrayBuffer | Uint8Array | readonly number[] | string }
  | { [Symbol.toPrimitive](hint: string): string };

/** The events of a WebSocket, with the arguments of their listeners. */
export interface WebSocketEvents {
  open: [];
  /** Text is a Buffer too. */
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** `close` follows. */
  error: [error: Error];
  close: [code: number, reason: Buffer];
  /** The response of the server, which may still be refused. */
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  /** The response of a server that does not open a WebSocket. Without a listener, `error` is emitted. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

/** The event that addEventListener() and `on…` pass to a listener. */
export interface Event {
  type: string;
  target: WebSocket;
}

/** The connection has failed. */
export interface ErrorEvent extends Event {
  error: Anything;
  message: string;
}

/** The connection has closed. */
export interface CloseEvent extends Event {
  code: number;
  reason: string;
  /** Whether both Close frames were exchanged. */
  wasClean: boolean;
}

/** A message was received. */
export interface MessageEvent extends Event {
  data: Data;
}

// biome-ignore lint/suspicious/noExplicitAny: as in the types of `ws`
type Anything = any;

/** The events of addEventListener() by their names. */
export interface WebSocketEventMap {
  open: Event;
  error: ErrorEvent;
  close: CloseEvent;
  message: MessageEvent;
}

/** A listener that addEventListener() accepts for an event. */
export type EventMapListener<K extends keyof WebSocketEventMap> =
  | ((event: WebSocketEventMap[K]) => void)
  | { handleEvent(event: WebSocketEventMap[K]): void };

/** The values of `readyState`: CONNECTING, OPEN, CLOSING and CLOSED. */
export type ReadyState = 0 | 1 | 2 | 3;

interface ReadyStates {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/** A WebSocket with the interface of the package `ws`. */
export interface WebSocket extends TypedEmitter<WebSocketEvents>, ReadyStates {
  /** The form in which binary messages are delivered. The default is 'nodebuffer'. */
  get binaryType(): 'nodebuffer' | 'arraybuffer' | 'fragments';
  set binaryType(type: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob');
  /** How many bytes of frames the system has not taken yet. */
  readonly bufferedAmount: number;
  /** The names of the negotiated extensions. */
  readonly extensions: string;
  /** Whether pause() is in effect. */
  readonly isPaused: boolean;
  /** The negotiated subprotocol, or ''. */
  readonly protocol: string;
  readonly readyState: ReadyState;
  /** The URL, after redirects. */
  readonly url: string;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  /** Starts the closing handshake (RFC 6455 §7.1.2). */
  close(code?: number, data?: string | Buffer): void;
  /** Sends a Ping (§5.5.2). Calls back when it has left. */
  ping(data?: Anything, mask?: boolean, callback?: (error: Error) => void): void;
  /** Sends a Pong (§5.5.3). Calls back when it has left. */
  pong(data?: Anything, mask?: boolean, callback?: (error: Error) => void): void;
  /** Sends a message, or a fragment of one. Calls back when it has left, or can't leave any more. */
  send(data: BufferLike, callback?: (error?: Error) => void): void;
  send(data: BufferLike, options: SendOptions, callback?: (error?: Error) => void): void;
  /** Destroys the socket. */
  terminate(): void;
  /** Stops reading the socket. */
  pause(): void;
  /** Ends the effect of pause(). */
  resume(): void;
  /** Adds a listener as EventTarget does. */
  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: EventMapListener<K>,
    options?: { once?: boolean | undefined },
  ): void;
  /** Removes a listener that addEventListener() has added. */
  removeEventListener<K extends keyof WebSocketEventMap>(type: K, listener: EventMapListener<K>): void;
}

/** The class WebSocket. require() returns it, so it has all other exports as properties. */
export interface WebSocketConstructor extends ReadyStates {
  /** For a WebSocket that gets its socket by setSocket(). */
  new (address: null, protocols?: undefined, options?: ClientOptions): WebSocket;
  new (address: string | URL, options?: ClientOptions): WebSocket;
  new (address: string | URL, protocols?: string | string[], options?: ClientOptions): WebSocket;
  readonly prototype: WebSocket;
  readonly createWebSocketStream: (websocket: WebSocket, options?: DuplexOptions) => Duplex;
  readonly extension: typeof extension;
  readonly PerMessageDeflate: typeof PerMessageDeflate;
  readonly Receiver: typeof Receiver;
  readonly Sender: typeof Sender;
  readonly Server: WebSocketServerConstructor;
  readonly subprotocol: typeof subprotocol;
  readonly WebSocket: WebSocketConstructor;
  readonly WebSocketServer: WebSocketServerConstructor;
}

/** A class of WebSockets, for the option `WebSocket`. */
export type WebSocketClass = new (...args: Anything[]) => WebSocket;

/** The events of a WebSocketServer, with the arguments of their listeners. */
export interface WebSocketServerEvents<W = WebSocket, R = IncomingMessage> {
  listening: [];
  connection: [websocket: W, request: R];
  /** The lines of the response, which may be changed. */
  headers: [headers: string[], request: R];
  /** A request was refused. The listener must end the socket. */
  wsClientError: [error: Error, socket: Duplex, request: R];
  error: [error: Error];
  close: [];
}

/**
 * A WebSocket server with the interface of the package `ws`.
 *
 * @typeParam C the class of its WebSockets
 * @typeParam R the class of its requests
 */
export interface WebSocketServer<
  C extends WebSocketClass = WebSocketClass,
  R extends typeof IncomingMessage = typeof IncomingMessage,
> extends TypedEmitter<WebSocketServerEvents<InstanceType<C>, InstanceType<R>>> {
  /** The options. They are read for every request, so they may be changed. */
  options: Omit<ServerOptions<C, R>, 'WebSocket'> & { WebSocket?: Anything };
  /** Declared for `@types/ws`. It is not set: read `options.path`. */
  path: string;
  /** The open WebSockets. Undefined without the option `clientTracking`. */
  clients: Set<InstanceType<C>>;
  /** Returns the address of the HTTP server. */
  address(): AddressInfo | string | null;
  /** Stops accepting connections. Open connections are not closed. */
  close(callback?: (error?: Error) => void): void;
  /** Answers a request for a WebSocket. */
  handleUpgrade(
    request: InstanceType<R>,
    socket: Duplex,
    head: Buffer,
    callback: (websocket: InstanceType<C>, request: InstanceType<R>) => void,
  ): void;
  /** Whether a request is for this server. May be replaced. */
  shouldHandle(request: InstanceType<R>): boolean | Promise<boolean>;
}

/** The class WebSocketServer. */
export interface WebSocketServerConstructor {
  new <C extends WebSocketClass = WebSocketClass, R extends typeof IncomingMessage = typeof IncomingMessage>(
    options?: ServerOptions<C, R>,
    callback?: () => void,
  ): WebSocketServer<C, R>;
  readonly prototype: WebSocketServer;
}
