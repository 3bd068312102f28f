import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { acceptOf, createKey } from '../handshake/http1/key.js';
import { nextTick } from '../timers.js';
import {
  type ClientOptions,
  checkProtocols,
  parseTarget,
  type ResolvedOptions,
  resolveOptions,
  setTarget,
  type Target,
} from './client-options.js';
import { extension } from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { READY_STATE } from './socket-link.js';
import type { WebSocket } from './web-socket.js';

const { extensionName } = PerMessageDeflate;

/** Set on a request that was ended on purpose. Its later errors are not reported. */
const ABORTED: unique symbol = Symbol('aborted');

type AbortableRequest = ClientRequest & { [ABORTED]?: boolean };

/** The opening handshake of a client over node:http (RFC 6455 §4.1), with its redirects. */
export class ClientOpening {
  readonly #ws: WebSocket;
  readonly #offered: readonly string[];
  #protocols: ReadonlySet<string> = new Set();
  /** The options of the user, whose credentials are removed when a redirect leads to another host. */
  #options: ClientOptions;
  /** The target of the first request. */
  #first: Target | undefined;

  constructor(ws: WebSocket, protocols: readonly string[], options: ClientOptions) {
    this.#ws = ws;
    this.#options = options;
    this.#offered = protocols;
  }

  /**
   * Sends the request.
   *
   * @throws {SyntaxError | RangeError} for an invalid argument of the constructor
   */
  open(address: string | URL): void {
    const ws = this.#ws;
    const options = resolveOptions(this.#options);
    const target = parseTarget(address);
    ws._url = target.url.href;
    this.#protocols = checkProtocols(this.#offered);
    setTarget(options, target);
    const key = createKey();
    const deflate = this.#setHeaders(options, key);
    const request = this.#request(options, target);
    ws._req = request;
    request.on('upgrade', (response, socket, head) =>
      this.#upgraded(response, socket, head, { options, key, deflate }),
    );
    request.on('response', response => this.#answered(request, response, options, address));
    request.on('error', error => {
      if (ws._req !== request || (request as AbortableRequest)[ABORTED]) return;
      ws._req = null;
      emitErrorAndClose(ws, error);
    });
    if (options.timeout) {
      request.on('timeout', () => abortHandshake(ws, request, 'Opening handshake has timed out'));
    }
    if (ws._redirects > 0) ws.emit('redirect', ws.url, request);
    if (typeof options.finishRequest === 'function') options.finishRequest(request, ws);
    else request.end();
  }

  /** Sets the headers of RFC 6455 §4.1. Returns the extension that is offered. */
  #setHeaders(options: ResolvedOptions, key: string): PerMessageDeflate | undefined {
    const { headers, perMessageDeflate, maxPayload, protocolVersion } = options;
    Object.assign(headers, {
      'Sec-WebSocket-Version': protocolVersion,
      'Sec-WebSocket-Key': key,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
    });
    if (this.#protocols.size > 0) headers['Sec-WebSocket-Protocol'] = [...this.#protocols].join(',');
    // Version 8 of the protocol has another name for this header.
    if (options.origin) headers[protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = options.origin;
    if (!perMessageDeflate) return undefined;
    const own = perMessageDeflate === true ? {} : perMessageDeflate;
    const deflate = new PerMessageDeflate({ ...own, isServer: false, maxPayload });
    headers['Sec-WebSocket-Extensions'] = extension.format({ [extensionName]: { ...deflate.offer() } });
    return deflate;
  }

  /** Makes the request. Removes headers that must not be sent after a redirect. */
  #request(options: ResolvedOptions, target: Target): ClientRequest {
    const ws = this.#ws;
    const send = target.isSecure ? https.request : http.request;
    if (!options.followRedirects) return send(options as http.RequestOptions);
    if (this.#first === undefined) {
      this.#first = target;
      // Later requests add to the headers, which belong to the user.
      const headers = Object.entries((this.#options.headers ?? {}) as Record<string, unknown>);
      const lowerCase = headers.map(([name, value]) => [name.toLowerCase(), value]);
      this.#options = { ...this.#options, headers: Object.fromEntries(lowerCase) };
    } else if (ws.listenerCount('redirect') === 0) {
      this.#dropCredentials(options, target);
    }
    const kept = this.#options.headers as Record<string, unknown>;
    // The credentials in the URL of the first request also apply to later requests to the same host.
    if (options.auth && kept.authorization === undefined) {
      kept.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    }
    if (kept.authorization !== undefined && headerOf(options.headers, 'authorization') === undefined) {
      options.headers.authorization = kept.authorization;
    }
    return send(options as http.RequestOptions);
  }

  /** Removes credentials from a request to another host, and from one that is no longer encrypted. */
  #dropCredentials(options: ResolvedOptions, target: Target): void {
    const first = this.#first!;
    const isSameHost =
      first.socketPath === undefined
        ? target.socketPath === undefined && target.url.host === first.url.host
        : target.socketPath === first.socketPath;
    if (isSameHost && !(first.isSecure && !target.isSecure)) return;
    const headers = this.#options.headers as Record<string, unknown>;
    const names = isSameHost ? ['authorization', 'cookie'] : ['authorization', 'cookie', 'host'];
    for (const name of names) {
      delete headers[name];
      delete options.headers[name];
    }
    delete options.auth;
    this.#options = { ...this.#options, auth: undefined };
  }

  // The response

  #answered(request: ClientRequest, response: IncomingMessage, options: ResolvedOptions, address: string | URL): void {
    const ws = this.#ws;
    const { location } = response.headers;
    const status = response.statusCode!;
    if (location === undefined || !options.followRedirects || status < 300 || status >= 400) {
      if (ws.emit('unexpected-response', request, response)) return;
      abortHandshake(ws, request, `Unexpected server response: ${status}`);
      return;
    }
    if (++ws._redirects > options.maxRedirects) {
      abortHandshake(ws, request, 'Maximum redirects exceeded');
      return;
    }
    abort(request);
    try {
      this.open(urlOf(location, address));
    } catch (error) {
      emitErrorAndClose(ws, error as Error);
    }
  }

  #upgraded(response: IncomingMessage, socket: Duplex, head: Buffer, requested: Requested): void {
    const ws = this.#ws;
    ws.emit('upgrade', response);
    // A listener may have closed the WebSocket.
    if (ws._readyState !== READY_STATE.CONNECTING) return;
    ws._req = null;
    const fault = this.#checkResponse(response, requested);
    if (fault !== undefined) abortHandshake(ws, socket, fault);
    else ws.setSocket(socket, head, requested.options);
  }

  /**
   * Checks the response (RFC 6455 §4.1) and keeps the subprotocol and the extensions. Returns the reason if it is
   * invalid.
   */
  #checkResponse({ headers }: IncomingMessage, { key, deflate }: Requested): string | undefined {
    const ws = this.#ws;
    if (headers.upgrade?.toLowerCase() !== 'websocket') return 'Invalid Upgrade header';
    if (headers['sec-websocket-accept'] !== acceptOf(key)) return 'Invalid Sec-WebSocket-Accept header';
    const protocol = headers['sec-websocket-protocol'];
    if (protocol === undefined) {
      if (this.#protocols.size > 0) return 'Server sent no subprotocol';
    } else {
      if (this.#protocols.size === 0) return 'Server sent a subprotocol but none was requested';
      if (!this.#protocols.has(protocol)) return 'Server sent an invalid subprotocol';
      ws._protocol = protocol;
    }
    const header = headers['sec-websocket-extensions'];
    if (header === undefined) return undefined;
    if (deflate === undefined) return 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
    return this.#acceptExtension(header, deflate);
  }

  #acceptExtension(header: string, deflate: PerMessageDeflate): string | undefined {
    try {
      const { [extensionName]: parameters, ...others } = extension.parse(header);
      if (parameters === undefined || Object.keys(others).length > 0) {
        return 'Server indicated an extension that was not requested';
      }
      deflate.accept(parameters);
    } catch {
      return 'Invalid Sec-WebSocket-Extensions header';
    }
    this.#ws._extensions[extensionName] = deflate;
    return undefined;
  }
}

/** The values of a request that its response must match. */
interface Requested {
  readonly options: ResolvedOptions;
  readonly key: string;
  readonly deflate: PerMessageDeflate | undefined;
}

function urlOf(location: string, base: string | URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${location}`);
  }
}

function headerOf(headers: Record<string, unknown>, name: string): unknown {
  return Object.entries(headers).find(([known]) => known.toLowerCase() === name)?.[1];
}

function emitErrorAndClose(ws: WebSocket, error: Error): void {
  ws._readyState = READY_STATE.CLOSING;
  ws._errorEmitted = true;
  ws.emit('error', error);
  ws._emitClose();
}

function abort(request: AbortableRequest): void {
  request[ABORTED] = true;
  request.destroy();
}

/** Fails an opening handshake: ends the request or the socket, and emits `error` and `close`. */
export function abortHandshake(ws: WebSocket, stream: ClientRequest | Duplex | null, message: string): void {
  ws._readyState = READY_STATE.CLOSING;
  const error = new Error(message);
  Error.captureStackTrace(error, abortHandshake);
  if (stream !== null && 'setHeader' in stream) {
    abort(stream);
    // After a response, destroying the request does not destroy its socket.
    if (stream.socket?.destroyed === false) stream.socket.destroy();
    nextTick(() => emitErrorAndClose(ws, error));
  } else {
    stream?.once('error', thrown => ws.emit('error', thrown));
    stream?.once('close', () => ws._emitClose());
    stream?.destroy(error);
  }
}
