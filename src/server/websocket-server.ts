import { captureRejectionSymbol, EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { booleanAnswer, emitTo, warn } from '../application-code.js';
import { MOST_EXTENSIONS } from '../connection/close-deadline.js';
import { failListener } from '../connection/handlers.js';
import { checkInteger, MAX_TIME } from '../connection/options.js';
import type { Sendable } from '../connection/payload.js';
import { type PreparedMessage, toPrepared } from '../connection/prepared-message.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandlerError, invalidType, invalidValue } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import { encodeClosePayload } from '../framing/close-payload.js';
import type { RequestHead } from '../handshake/http1/head.js';
import { judgeRequest } from '../handshake/http1/request-rules.js';
import { requestHeadOf } from '../handshake/http1/request-summary.js';
import { Refusal } from '../handshake/refusal.js';
import type { UpgradeRequest } from '../handshake/request.js';
import { isUint8Array } from '../host-values.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { CLOSE_EVENT_TIME, destroySocket, isOwned } from '../transport/socket-owner.js';
import { transportOf } from '../transport/transport.js';
import { attach } from './http-attachment.js';
import { Listener } from './listener.js';
import {
  type RefusedRequest,
  resolveServerOptions,
  type ServerOptions,
  type ServerRequest,
  type ServerSettings,
} from './options.js';
import { Reception } from './reception.js';
import { type Pending, Upgrade, type Upgraded, type UpgradeOwner } from './upgrade.js';

/** The events of a server, with what their listeners get. */
export interface ServerEvents<Context> {
  /** It listens now: address() tells where. */
  listening: [];
  connection: [connection: WebSocketConnection, request: ServerRequest<Context>];
  /** A request was refused; `refusal.detail` says why. The request is undefined if none could be read. */
  refused: [refusal: Refusal, request: RefusedRequest | undefined];
  /** A listener of a connection's, authorize() or the choice of a subprotocol failed. Where nobody listens, the process is warned. */
  handlerError: [error: HandlerError, connection: WebSocketConnection | undefined];
  /** It cannot listen. (Where accepting fails later on and nobody listens to this, the process is warned, and lives.) */
  error: [error: Error];
  /** close() is done. */
  close: [];
}

export interface BroadcastOptions {
  /** Returns for each open connection whether it gets the message: true or false. All are asked before anything is sent. */
  readonly filter?: (connection: WebSocketConnection) => boolean;
}

const BROADCAST_OPTION_NAMES: OptionNames<BroadcastOptions> = { filter: true };

export interface ServerCloseOptions {
  /** What the connections are told. Default 1001, "going away". */
  readonly code?: number;
  readonly reason?: string;
  /**
   * Connections that have not closed after this long are terminated, in milliseconds. Default: ten times `closeTimeout`, the most that a
   * connection whose peer makes progress may take. A peer that makes none is ended after `closeTimeout` anyway.
   */
  readonly timeout?: number;
}

const CLOSE_OPTION_NAMES: OptionNames<ServerCloseOptions> = { code: true, reason: true, timeout: true };

/**
 * A WebSocket server: on a port of its own, on a server of node:http's (`server`), or on upgrades that are brought to it
 * (`noServer`).
 *
 *     const server = new WebSocketServer({ port: 8080 });
 *     server.on('connection', (connection, request) => {
 *       connection.on('message', data => connection.send(data));
 *     });
 */
export class WebSocketServer<Context = unknown> extends EventEmitter<ServerEvents<Context>> {
  readonly #settings: ServerSettings<Context>;
  readonly #listener: Listener | undefined;
  readonly #detach: (() => void) | undefined;
  readonly #clients = new Set<WebSocketConnection>();
  readonly #pending = new Set<Pending>();
  readonly #refusedSockets = new Set<Duplex>();
  #isListening = false;
  #hasWarnedOfTaken = false;
  #closing: Promise<void> | undefined;

  static {
    // How an EventEmitter reports a listener whose promise rejected: that of `connection` answers for its connection alone.
    Object.assign(WebSocketServer.prototype, {
      [captureRejectionSymbol](this: WebSocketServer, error: unknown, event: string | symbol, subject: unknown): void {
        if (subject instanceof WebSocketConnection) failListener(subject, String(event), error);
        else if (event === 'handlerError') warn(new HandlerError(event, error));
        else this.#handlerFailed(new HandlerError(String(event), error));
      },
    });
  }

  /** @throws {TypeError | RangeError} naming the option, what it may be and what it was */
  constructor(options: ServerOptions<Context>) {
    super({ captureRejections: true });
    this.#settings = resolveServerOptions(options);
    if (options.server !== undefined) {
      this.#detach = attach(options.server, {
        path: options.path,
        // One that another listener has answered already is theirs.
        handleUpgrade: (request, socket, head) => {
          if (!isOwned(socket) && !socket.writableEnded) this.handleUpgrade(request, socket, head);
        },
      });
    } else if (options.noServer !== true) {
      this.#listener = new Listener(options, this.#settings.handshakeTimeout, {
        accepted: (socket, timeLeft) => this.#receive(socket, timeLeft),
        listening: () => {
          this.#isListening = true;
          this.#tell('listening');
        },
        failed: error => this.#failed(error),
      });
    }
  }

  /** The connections that are open or closing. */
  get clients(): ReadonlySet<WebSocketConnection> {
    return this.#clients;
  }

  /**
   * Sends a message to every connection that is open, encoded once and compressed once (see prepareMessage()). One that reads too slowly is
   * dealt with as by send(): above `maxBufferedAmount` it is terminated. A filter may spare it: `({ bufferedAmount }) => bufferedAmount < 65_536`.
   *
   * @returns to how many it goes
   * @throws {TypeError} for anything that is no message, for a Blob, and if the filter returns anything but true or false; then nothing is sent
   */
  broadcast(data: Exclude<Sendable, Blob> | PreparedMessage, options: BroadcastOptions = {}): number {
    checkOptionNames(options, BROADCAST_OPTION_NAMES);
    const { filter } = options;
    if (filter !== undefined && typeof filter !== 'function') throw invalidType('filter', 'a function', filter);
    const message = toPrepared(data);
    let count = 0;
    const chosen = filter === undefined ? this.#clients : [...this.#clients].filter(one => passes(filter, one));
    for (const connection of chosen) {
      if (connection.state !== 'open') continue;
      connection.send(message);
      // Not one that this was too much for.
      if (connection.state === 'open') count++;
    }
    return count;
  }

  /** Where it listens: the path of a Unix domain socket as a string; null where it does not, or not on its own. */
  address(): AddressInfo | string | null {
    return this.#listener?.address() ?? null;
  }

  /** Lets the listener keep the process alive, which is the default. Does nothing if this server does not listen itself. */
  ref(): this {
    this.#listener?.setRef(true);
    return this;
  }

  /** Lets the process end although this server listens. Its connections still keep the process alive: see WebSocketConnection.unref(). */
  unref(): this {
    this.#listener?.setRef(false);
    return this;
  }

  /** Shuts down at the end of an `await using` block: close() with its defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Takes an upgrade that a server of node's brings in its `upgrade` event. The request is judged by the same rules as one of our own
   * reading; what comes of it, the events tell.
   *
   * A request that another `upgrade` listener answers while authorize() is deciding is left to it: no `connection`, no `refused`, and one
   * warning of the process.
   *
   * @throws {TypeError | RangeError} if the three are not what that event has, if the socket was given to a handleUpgrade() before, or if
   *   end() was called on it
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    checkUpgrade(request, socket, head);
    if (socket instanceof Socket) {
      socket.setTimeout(0);
      socket.setNoDelay(true);
    }
    const upgrade = new Upgrade(socket, this.#upgradeOwner);
    const requestHead = requestHeadOf(request);
    upgrade.decide(this.#judge(requestHead), head, requestHead);
  }

  #judge(head: RequestHead): UpgradeRequest | Refusal {
    if (this.#closing !== undefined) return closingRefusal();
    return judgeRequest(head, this.#settings.policy);
  }

  /**
   * Shuts down: accepts nothing more, tells every connection to go away, lets what was sent to it leave, and resolves when nothing
   * is left, or 200 ms after `timeout` at the latest. A server of node's that this one stands on goes on.
   *
   * @throws {TypeError | RangeError} where code, reason or timeout cannot be; then nothing has happened
   */
  close(options: ServerCloseOptions = {}): Promise<void> {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
    checkOptionNames(options, CLOSE_OPTION_NAMES);
    const longest = Math.min(MAX_TIME, MOST_EXTENSIONS * this.#settings.connection.closeTimeout);
    const { code = CLOSE_CODE.GOING_AWAY, reason = '', timeout = longest } = options;
    encodeClosePayload(code, reason);
    checkInteger('timeout', timeout, 0, MAX_TIME);
    if (this.#closing === undefined) {
      let done: () => void;
      // It stands before the shutdown begins: that runs listeners of the application, which may call this again.
      this.#closing = new Promise(resolve => {
        done = resolve;
      });
      void this.#shutDown(code, reason, timeout).then(() => done());
    }
    return this.#closing;
  }

  async #shutDown(code: number, reason: string, timeout: number): Promise<void> {
    this.#detach?.();
    const listenerClosed = this.#listener?.close();
    for (const pending of [...this.#pending]) pending.refuse(closingRefusal());
    const gone = Promise.all([
      listenerClosed,
      ...Array.from(this.#clients, connection => connection.close(code, reason)),
    ]);
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        for (const connection of this.#clients) connection.terminate();
        for (const socket of this.#refusedSockets) destroySocket(socket);
        this.#listener?.destroyTls();
        // Whatever is not gone by now never will be.
        timer = setTimeout(resolve, 2 * CLOSE_EVENT_TIME);
      }, timeout);
    });
    await Promise.race([gone, overdue]);
    clearTimeout(timer);
    this.#tell('close');
  }

  #receive(socket: Socket, timeLeft: number): void {
    const reception = new Reception(socket, this.#upgradeOwner, timeLeft);
    if (this.#closing !== undefined) reception.refuse(closingRefusal());
  }

  readonly #upgradeOwner: UpgradeOwner<Context> = this.#makeUpgradeOwner();

  #makeUpgradeOwner(): UpgradeOwner<Context> {
    const server = this;
    return {
      get settings() {
        return server.#settings;
      },
      get hasRoom() {
        return server.#clients.size < server.#settings.maxConnections;
      },
      pending: this.#pending,
      refusedSockets: this.#refusedSockets,
      upgraded: (socket, outcome) => this.#open(socket, outcome),
      taken: () => this.#warnOfTaken(),
      refused: (refusal, request) => this.#tell('refused', refusal, request),
      handlerFailed: error => this.#handlerFailed(error),
    };
  }

  #open(socket: Duplex, { request, subprotocol, extensions, deflate, head }: Upgraded<Context>): void {
    const connection = new WebSocketConnection(transportOf(socket, request.transport), {
      role: 'server',
      subprotocol,
      extensions,
      deflate,
      settings: this.#settings.connection,
      head,
      onHandlerError: this.#onHandlerError,
      onClosed: this.#onClosed,
    });
    this.#clients.add(connection);
    emitTo<WebSocketServer<Context>>(
      this,
      (_, event, thrown) => failListener(connection, event, thrown),
      'connection',
      connection,
      request,
    );
  }

  /** Once: each request may cause it. */
  #warnOfTaken(): void {
    if (this.#hasWarnedOfTaken) return;
    this.#hasWarnedOfTaken = true;
    process.emitWarning(
      "something else, such as another 'upgrade' listener, wrote to the socket of a request or ended it while authorize() was deciding, so " +
        'no connection was made. Let one listener alone answer each request: give every WebSocketServer on one server a `path`, or call ' +
        'handleUpgrade() from a single listener.',
      { type: 'WebSocketWarning', code: 'WS101_UPGRADE_TAKEN' },
    );
  }

  /** Emits an event that belongs to no connection. */
  #tell<E extends 'listening' | 'refused' | 'error' | 'close'>(
    event: E,
    ...[first, second]: ServerEvents<Context>[E]
  ): void {
    emitTo<WebSocketServer<Context>>(
      this,
      (server, _, thrown) => server.#handlerFailed(new HandlerError(event, thrown)),
      event,
      first,
      second,
    );
  }

  readonly #onHandlerError = (error: HandlerError, connection: WebSocketConnection): boolean =>
    emitTo<WebSocketServer<Context>>(this, () => warn(error), 'handlerError', error, connection);

  readonly #onClosed = (connection: WebSocketConnection): void => void this.#clients.delete(connection);

  #handlerFailed(error: HandlerError): void {
    // A listener of handlerError that fails itself is not called again.
    const unreported = () => warn(error);
    if (!emitTo(this as WebSocketServer, unreported, 'handlerError', error, undefined)) unreported();
  }

  #failed(error: Error): void {
    // A process that ran out of descriptors must not end for it: the next one to close makes room for the next client.
    if (this.listenerCount('error') > 0) this.#tell('error', error);
    else if (this.#isListening) process.emitWarning(error);
    // Throws it, as every EventEmitter does if nobody listens for `error`.
    else this.emit('error', error);
  }
}

function passes(filter: NonNullable<BroadcastOptions['filter']>, connection: WebSocketConnection): boolean {
  if (connection.state !== 'open') return false;
  return booleanAnswer('filter', filter(connection));
}

function closingRefusal(): Refusal {
  return new Refusal(503, { detail: 'This server is shutting down.' });
}

function checkUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
  if (!Array.isArray(request?.rawHeaders)) throw invalidType('request', 'an IncomingMessage', request);
  // By what it can do: a Duplex of the package readable-stream's is none of node's.
  if (typeof socket?.on !== 'function' || typeof socket.write !== 'function' || typeof socket.destroy !== 'function') {
    throw invalidType('socket', 'a Duplex', socket);
  }
  if (isOwned(socket)) {
    throw invalidValue(
      'socket',
      'one that no handleUpgrade() has taken yet (is there a second `upgrade` listener?)',
      socket,
    );
  }
  // A socket that was destroyed passes: its client may have left.
  if (socket.writableEnded && !socket.destroyed) {
    throw invalidValue(
      'socket',
      'open for writing, but end() was called on it (is there a second `upgrade` listener?)',
      socket,
    );
  }
  if (!isUint8Array(head)) throw invalidType('head', 'a Buffer', head);
}
