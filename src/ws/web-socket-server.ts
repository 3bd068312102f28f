import http, { type Server as HttpServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptOf } from '../handshake/http1/key.js';
import { nextTick } from '../timers.js';
import { kWebSocket } from './constants.js';
import { extension } from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { resolveServerOptions, type ServerOptions } from './server-options.js';
import { judgeRequest, type Refused, refuse } from './server-response.js';
import { subprotocol } from './subprotocol.js';
import { TypedEmitter } from './typed-emitter.js';
import { WebSocket } from './web-socket.js';

export type UpgradeCallback = (websocket: WebSocket, request: IncomingMessage) => void;

/** Values of `_state`. */
const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

type UpgradeSocket = Duplex & { [kWebSocket]?: unknown; authorized?: boolean; encrypted?: boolean };

const { extensionName } = PerMessageDeflate;

/** The events of a WebSocketServer, with the arguments of their listeners. */
export interface WebSocketServerEvents {
  listening: [];
  connection: [websocket: WebSocket, request: IncomingMessage];
  /** The lines of the response, which may be changed. */
  headers: [headers: string[], request: IncomingMessage];
  /** A request was refused. The listener must end the socket. */
  wsClientError: [error: Error, socket: Duplex, request: IncomingMessage];
  error: [error: Error];
  close: [];
}

/** A WebSocket server with the interface of the package `ws`. */
export class WebSocketServer extends TypedEmitter<WebSocketServerEvents> {
  /** The options. They are read for every request, so they may be changed. */
  options: ServerOptions;
  /** The open WebSockets. Undefined without the option `clientTracking`. */
  declare clients: Set<WebSocket>;
  _server: HttpServer | HttpsServer | null = null;
  _state: number = RUNNING;
  /** Whether `close` waits for the clients. */
  _shouldEmitClose = false;
  #removeListeners: () => void = () => {};

  constructor(options?: ServerOptions, callback?: () => void) {
    super();
    const resolved = resolveServerOptions(options, WebSocket);
    this.options = resolved;
    if (resolved.clientTracking) this.clients = new Set();
    if (resolved.port != null) this.#listen(resolved, callback);
    else this._server = resolved.server ?? null;
    if (this._server !== null) this.#attach(this._server);
  }

  #listen({ port, host, backlog }: ServerOptions, callback: (() => void) | undefined): void {
    const body = http.STATUS_CODES[426]!;
    this._server = http.createServer((_, response) => {
      response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' });
      response.end(body);
    });
    this._server.listen(port as number, host as string, backlog as number, callback);
  }

  #attach(server: HttpServer | HttpsServer): void {
    const listeners = {
      listening: () => this.emit('listening'),
      error: (error: Error) => this.emit('error', error),
      upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        this.handleUpgrade(request, socket, head, (ws, upgraded) => this.emit('connection', ws, upgraded)),
    };
    for (const [name, listener] of Object.entries(listeners)) server.on(name, listener);
    this.#removeListeners = () => {
      for (const [name, listener] of Object.entries(listeners)) server.removeListener(name, listener);
    };
  }

  /** Returns the address of the HTTP server. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this._server?.address() ?? null;
  }

  /** Stops accepting connections. Open connections are not closed. */
  close(callback?: (error?: Error) => void): void {
    if (this._state === CLOSED) {
      if (callback) this.once('close', () => callback(new Error('The server is not running')));
      nextTick(() => this.#emitClose());
      return;
    }
    if (callback) this.once('close', callback);
    if (this._state === CLOSING) return;
    this._state = CLOSING;
    const server = this._server;
    this._server = null;
    this.#removeListeners();
    if (!this.options.noServer && !this.options.server) server!.close(() => this.#emitClose());
    else if (this.clients !== undefined && this.clients.size > 0) this._shouldEmitClose = true;
    else nextTick(() => this.#emitClose());
  }

  #emitClose(): void {
    this._state = CLOSED;
    this.emit('close');
  }

  /** Whether a request is for this server. May be replaced. */
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
    return !this.options.path || request.url!.split('?', 1)[0] === this.options.path;
  }

  /**
   * Answers a request for a WebSocket.
   *
   * @param callback called with the open WebSocket, unless the handshake is refused
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback: UpgradeCallback): void {
    socket.on('error', destroyOnError);
    const refused = judgeRequest(request);
    if (refused !== undefined) {
      this.#refuse(request, socket, refused);
      return;
    }
    if (!this.shouldHandle(request)) {
      refuse(socket, 400);
      return;
    }
    const { headers } = request;
    let protocols = new Set<string>();
    const offered = headers['sec-websocket-protocol'];
    if (offered !== undefined) {
      try {
        protocols = subprotocol.parse(offered);
      } catch {
        this.#refuse(request, socket, { status: 400, message: 'Invalid Sec-WebSocket-Protocol header' });
        return;
      }
    }
    const extensions: { 'permessage-deflate'?: PerMessageDeflate } = {};
    try {
      const deflate = this.#acceptDeflate(headers['sec-websocket-extensions']);
      if (deflate !== undefined) extensions[extensionName] = deflate;
    } catch {
      const message = 'Invalid or unacceptable Sec-WebSocket-Extensions header';
      this.#refuse(request, socket, { status: 400, message });
      return;
    }
    const key = headers['sec-websocket-key']!;
    this.#verify(request, socket, () =>
      this.completeUpgrade(extensions, key, protocols, request, socket, head, callback),
    );
  }

  #refuse(request: IncomingMessage, socket: Duplex, { status, message, headers }: Refused): void {
    if (this.listenerCount('wsClientError') === 0) refuse(socket, status, message, headers);
    else this.emit('wsClientError', new Error(message), socket, request);
  }

  #acceptDeflate(header: string | undefined): PerMessageDeflate | undefined {
    const { perMessageDeflate, maxPayload } = this.options;
    if (!perMessageDeflate || header === undefined) return undefined;
    const own = perMessageDeflate === true ? {} : perMessageDeflate;
    const deflate = new PerMessageDeflate({ ...own, isServer: true, maxPayload });
    const offers = extension.parse(header)[extensionName];
    if (offers === undefined) return undefined;
    deflate.accept(offers);
    return deflate;
  }

  /** Calls `verifyClient`, and then refuses the request or calls `accept`. */
  #verify(request: IncomingMessage, socket: UpgradeSocket, accept: () => void): void {
    const { verifyClient } = this.options;
    if (!verifyClient) {
      accept();
      return;
    }
    const { headers } = request;
    const isOld = Number(headers['sec-websocket-version']) === 8;
    const info = {
      origin: headers[isOld ? 'sec-websocket-origin' : 'origin'] as string,
      secure: Boolean(socket.authorized || socket.encrypted),
      req: request,
    };
    const answer = (isVerified: boolean, code?: number, message?: string, lines?: OutgoingHttpHeaders) => {
      if (isVerified) accept();
      else refuse(socket, code || 401, message, lines as Record<string, unknown>);
    };
    const isVerified = verifyClient(info, answer);
    if (verifyClient.length !== 2) answer(Boolean(isVerified));
  }

  /** Sends the 101 response (RFC 6455 §4.2.2) and opens the WebSocket. */
  completeUpgrade(
    extensions: { 'permessage-deflate'?: PerMessageDeflate },
    key: string,
    protocols: Set<string>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback,
  ): void {
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    if ((socket as UpgradeSocket)[kWebSocket]) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (this._state > RUNNING) {
      refuse(socket, 503);
      return;
    }
    const { options } = this;
    const headers = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ];
    const ws = new options.WebSocket!(null, undefined, options) as unknown as WebSocket;
    if (protocols.size > 0) {
      const [first] = protocols;
      const protocol = options.handleProtocols ? options.handleProtocols(protocols, request) : first;
      if (protocol) {
        headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
        ws._protocol = protocol;
      }
    }
    const deflate = extensions[extensionName];
    if (deflate !== undefined) {
      headers.push(`Sec-WebSocket-Extensions: ${extension.format({ [extensionName]: { ...deflate.params } })}`);
      ws._extensions = extensions;
    }
    this.emit('headers', headers, request);
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    socket.removeListener('error', destroyOnError);
    ws.setSocket(socket, head, options);
    if (this.clients !== undefined) this.#track(ws);
    callback(ws, request);
  }

  #track(ws: WebSocket): void {
    this.clients.add(ws);
    ws.on('close', () => {
      this.clients.delete(ws);
      if (this._shouldEmitClose && this.clients.size === 0) nextTick(() => this.#emitClose());
    });
  }
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}
