import { captureRejectionSymbol, EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callOption, emitTo, warn } from '../application-code.js';
import { HANDSHAKES } from '../connection/diagnostics.js';
import { failListener } from '../connection/handlers.js';
import type { Sendable } from '../connection/payload.js';
import type { PreparedMessage } from '../connection/prepared-message.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandlerError, invalidType, typeError } from '../errors.js';
import { judgeRequest } from '../handshake/http1/request-rules.js';
import { encodeParsedRequest, requestHeadOf, summarizeRequest } from '../handshake/http1/request-summary.js';
import { Refusal } from '../handshake/refusal.js';
import { isThenable } from '../host-values.js';
import { checkOptionNames, type OptionNames, type WithDefaults } from '../option-names.js';
import { tapSocket } from '../transport/socket-owner.js';
import { transportOf } from '../transport/transport.js';
import { acceptedTransportInfo } from '../transport/transport-info.js';
import { checkTap, guardTap, type WireTap } from '../transport/wire-tap.js';
import { HandshakeReader } from './accept/handshake-reader.js';
import { attach } from './accept/http-attachment.js';
import { Listener } from './accept/listener.js';
import { watchForSecondAnswer } from './accept/second-answer.js';
import { checkUpgrade } from './accept/upgrade-arguments.js';
import type { Accepted, Answer } from './authorization.js';
import { type BroadcastOptions, broadcast } from './broadcast.js';
import type { ServerEvents } from './events.js';
import {
  type HandshakeInit,
  type HandshakeOutcome,
  type HandshakeOwner,
  OpeningHandshake,
  type PendingHandshake,
  type Upgraded,
} from './opening-handshake.js';
import type { ServerOptions } from './options.js';
import { HTTP1_RESPONDER } from './responder.js';
import { resolveServerOptions, type ServerSettings } from './settings.js';
import { closingRefusal, resolveCloseOptions, type ServerCloseOptions, shutDown } from './shutdown.js';

/** Options of `handleUpgrade()`. */
export interface HandleUpgradeOptions<Context = unknown> {
  /**
   * The context of the connection. It replaces the answer of authorize(), which is not called, and may be anything that
   * authorize() may return: false, null or a denial refuses the request, undefined is a mistake (500), and a promise is
   * awaited.
   */
  readonly context?: Answer<Context> | Promise<Answer<Context>>;
}

const HANDLE_UPGRADE_OPTION_NAMES: OptionNames<HandleUpgradeOptions> = { context: true };

/**
 * A WebSocket server on a port of its own, on a server of node:http or node:https (`server`), or for upgrades that are
 * passed to it (`noServer`).
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
  readonly #clients = new Set<WebSocketConnection<Accepted<Context>>>();
  readonly #pending = new Set<PendingHandshake>();
  readonly #refusedSockets = new Set<Duplex>();
  readonly #handshakeOwner: HandshakeOwner<Context> = this.#createHandshakeOwner();
  #isListening = false;
  #hasWarnedOfTaken = false;
  #closing: Promise<void> | undefined;

  static {
    // EventEmitter calls this if the promise of a listener rejects. A failed `connection` listener ends its connection
    // only.
    Object.assign(WebSocketServer.prototype, {
      [captureRejectionSymbol](this: WebSocketServer, error: unknown, event: string | symbol, subject: unknown): void {
        if (subject instanceof WebSocketConnection) failListener(subject, String(event), error);
        else if (event === 'handlerError') warn(new HandlerError(event, error));
        else this.#handlerFailed(new HandlerError(String(event), error));
      },
    });
  }

  /** @throws {TypeError | RangeError} that names the option, the valid values and the value it had */
  constructor(options: ServerOptions<Context>);
  constructor(options: ServerOptions<Context>, callback?: undefined) {
    super({ captureRejections: true });
    // Other servers call this function when they listen. If it were ignored, the application would wait forever.
    if (callback !== undefined) {
      throw typeError("WebSocketServer takes options only: instead of a callback, use server.once('listening', …)");
    }
    this.#settings = resolveServerOptions(options);
    if (options.server !== undefined) {
      this.#detach = attach(options.server, {
        path: options.path,
        upgrade: (incoming, socket, head) => this.#upgrade(socket, head, incoming, { incoming }),
        taken: () => this.#warnOfTaken('before this server could, so it made no connection'),
      });
    } else if (options.noServer !== true) {
      this.#listener = new Listener(options, this.#settings.handshakeTimeout, {
        accepted: (socket, timeLeft) => this.#accepted(socket, timeLeft),
        listening: () => {
          this.#isListening = true;
          this.#emit('listening');
        },
        failed: error => this.#failed(error),
      });
    }
  }

  /** The connections that are open or closing. */
  get clients(): ReadonlySet<WebSocketConnection<Accepted<Context>>> {
    return this.#clients;
  }

  /**
   * Sends a message to every open connection, encoded once and compressed once (see prepareMessage()). A receiver that
   * is too slow is treated as by send(): above `maxBufferedAmount` it is terminated. To skip it instead, pass a filter:
   * `({ bufferedAmount }) => bufferedAmount < 65_536`.
   *
   * @returns how many connections it was sent to
   * @throws {TypeError} if `data` is not a message, or a Blob, or if the filter returns anything but true or false;
   *   then nothing is sent
   */
  broadcast(
    data: Exclude<Sendable, Blob> | PreparedMessage,
    options: BroadcastOptions<Accepted<Context>> = {},
  ): number {
    return broadcast(this.#clients, data, options);
  }

  /**
   * Returns where the server listens: an address, or the path of a Unix domain socket as a string. Returns null if it
   * does not listen itself.
   */
  address(): AddressInfo | string | null {
    return this.#listener?.address() ?? null;
  }

  /**
   * Lets the listener keep the process alive, which is the default. Does nothing if this server does not listen itself.
   */
  ref(): this {
    this.#listener?.setRef(true);
    return this;
  }

  /**
   * Lets the process end although this server listens. Its connections still keep the process alive: see
   * WebSocketConnection.unref().
   */
  unref(): this {
    this.#listener?.setRef(false);
    return this;
  }

  /** Shuts down at the end of an `await using` block: close() with its defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Carries out the opening handshake for an `upgrade` event of a server of Node. The same rules apply as on a port of
   * our own.
   *
   * If another `upgrade` listener answers the request while authorize() is deciding, the socket is left to it: neither
   * `connection` nor `refused` is emitted, and the process prints one warning.
   *
   * @returns the connection, after `connection` was emitted; the refusal; or undefined if the client has left or
   *   another listener answered. The promise may be ignored: nothing that a client does rejects it
   * @throws {TypeError | RangeError} as a rejection: if the arguments are not those of an `upgrade` event, if the
   *   socket was passed to a handleUpgrade() before, if end() was called on it, or if an option is unknown
   */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    options: HandleUpgradeOptions<Context> = {},
  ): Promise<HandshakeOutcome<Context>> {
    // An error that is thrown here rejects the promise.
    return new Promise(settled => {
      checkUpgrade(request, socket, head);
      if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
      checkOptionNames(options, HANDLE_UPGRADE_OPTION_NAMES);
      const { context } = options;
      const authorize = 'context' in options ? () => context as Answer<Context> : undefined;
      this.#upgrade(socket, head, request, { incoming: request, authorize, settled });
    });
  }

  #upgrade(socket: Duplex, early: Uint8Array, incoming: IncomingMessage, init: HandshakeInit<Context>): void {
    if (socket instanceof Socket) {
      socket.setTimeout(0);
      socket.setNoDelay(true);
    }
    const tap = this.#tap(socket, incoming);
    tap?.received(encodeParsedRequest(incoming));
    if (early.length > 0) tap?.received(early);
    const handshake = new OpeningHandshake(socket, HTTP1_RESPONDER, this.#handshakeOwner, init);
    const head = requestHeadOf(incoming);
    const outcome = this.#closing === undefined ? judgeRequest(head, this.#settings.policy) : closingRefusal();
    handshake.decide(outcome, early, outcome instanceof Refusal ? summarizeRequest(head) : undefined);
  }

  /**
   * Shuts down: stops accepting, and closes every connection with a Close frame after the messages that were sent
   * before. A server of Node that this one is attached to continues.
   *
   * @returns a promise that resolves when everything has closed, at the latest 200 ms after `timeout`. It rejects with
   *   a TypeError or RangeError if code, reason or timeout is invalid; then nothing has happened
   */
  close(options: ServerCloseOptions = {}): Promise<void> {
    let resolved: ReturnType<typeof resolveCloseOptions>;
    try {
      resolved = resolveCloseOptions(options, this.#settings.connection.closeTimeout);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#closing === undefined) {
      let done: () => void;
      // Set before the shutdown begins, because listeners of the application may call close() again.
      this.#closing = new Promise(resolve => {
        done = resolve;
      });
      void this.#shutDown(resolved).then(() => done());
    }
    return this.#closing;
  }

  async #shutDown(options: WithDefaults<ServerCloseOptions>): Promise<void> {
    this.#detach?.();
    const [clients, pending] = [this.#clients, this.#pending];
    await shutDown({ listener: this.#listener, clients, pending, refusedSockets: this.#refusedSockets }, options);
    this.#emit('close');
  }

  #accepted(socket: Socket, timeLeft: number): void {
    this.#tap(socket);
    const reader = new HandshakeReader(socket, this.#handshakeOwner, timeLeft);
    if (this.#closing !== undefined) reader.refuse(closingRefusal());
  }

  /** Calls the option `tap` for a socket. */
  #tap(socket: Duplex, incoming?: IncomingMessage): WireTap | undefined {
    const { tap: option } = this.#settings;
    if (option === undefined) return undefined;
    try {
      const transport = acceptedTransportInfo(socket);
      const given = callOption('tap', 'a WireTap or undefined', () => {
        const answer = option(transport, incoming);
        // callOption() refuses a promise.
        if (answer !== undefined && !isThenable(answer)) checkTap(answer);
        return answer;
      });
      if (given === undefined) return undefined;
      const tap = guardTap(given);
      tap.connected(transport);
      tapSocket(socket, tap);
      return tap;
    } catch (error) {
      this.#handlerFailed(error as HandlerError);
      return undefined;
    }
  }

  #createHandshakeOwner(): HandshakeOwner<Context> {
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
      taken: () => this.#warnOfTaken('while authorize() was deciding, so no connection was made'),
      refused: (refusal, request) => {
        publishHandshake(request?.target, undefined, refusal);
        this.#emit('refused', refusal, request);
      },
      handlerFailed: error => this.#handlerFailed(error),
    };
  }

  #open(socket: Duplex, upgraded: Upgraded<Context>): WebSocketConnection<Accepted<Context>> {
    const { request, subprotocol, extensions, deflate, head } = upgraded;
    const connection = new WebSocketConnection(transportOf(socket, request.transport), {
      role: 'server',
      subprotocol,
      extensions,
      context: request.context,
      deflate,
      settings: this.#settings.connection,
      head,
      onHandlerError: this.#onHandlerError,
      onClosed: this.#onClosed,
    });
    this.#clients.add(connection);
    publishHandshake(request.target, connection);
    if (request.incoming !== undefined) {
      const answer = 'after this server had, so the client got two answers';
      watchForSecondAnswer(request.incoming, socket, connection, () => this.#warnOfTaken(answer));
    }
    const failed = (_: unknown, event: string, thrown: unknown) => failListener(connection, event, thrown);
    emitTo<WebSocketServer<Context>>(this, failed, 'connection', connection, request);
    return connection;
  }

  /** Warns once, because every request may cause it. */
  #warnOfTaken(when: string): void {
    if (this.#hasWarnedOfTaken) return;
    this.#hasWarnedOfTaken = true;
    process.emitWarning(
      `another 'upgrade' listener of the same HTTP server answered a request ${when}. Let only one listener answer ` +
        'each request: give every WebSocketServer its own `path`, and call others from a single listener (ws: use ' +
        'noServer, because its `path` refuses all others), as handleUpgrade() allows.',
      { type: 'WebSocketWarning', code: 'WS101_UPGRADE_TAKEN' },
    );
  }

  /** Emits an event that does not belong to a connection. */
  #emit<E extends 'listening' | 'refused' | 'error' | 'close'>(
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

  readonly #onClosed = (connection: WebSocketConnection): void =>
    void this.#clients.delete(connection as WebSocketConnection<Accepted<Context>>);

  #handlerFailed(error: HandlerError): void {
    // If a listener of handlerError fails itself, it is not called again.
    const unreported = () => warn(error);
    if (!emitTo(this as WebSocketServer, unreported, 'handlerError', error, undefined)) unreported();
  }

  #failed(error: Error): void {
    // A process that runs out of file descriptors must continue: the next connection that closes makes room.
    if (this.listenerCount('error') > 0) this.#emit('error', error);
    else if (this.#isListening) process.emitWarning(error);
    // Throws the error, as every EventEmitter does without a listener for `error`.
    else this.emit('error', error);
  }
}

function publishHandshake(url: string | undefined, connection?: WebSocketConnection, refusal?: Refusal): void {
  if (!HANDSHAKES.hasSubscribers) return;
  const { status = 101, detail: reason, error } = refusal ?? {};
  HANDSHAKES.publish({ role: 'server', url, connection, status, reason, error, duration: undefined });
}
