import { checkSignal, onAbort } from '../abort-signal.js';
import type { CloseInfo } from '../connection/close-info.js';
import type { Message } from '../connection/inbox.js';
import { makeReadable, makeWritable } from '../connection/web-streams.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { invalidType } from '../errors.js';
import { isError } from '../host-values.js';
import { establish } from './establish.js';
import { type ConstructorArguments, resolveArguments, type WebSocketInit } from './options.js';
import { toMessage } from './payload.js';
import { checkProtocols, parseUrl } from './url.js';
import { defineInterface, requireArgument, toScalarString } from './web-idl.js';
import { toCloseInfo, UncleanEnd, type WebSocketCloseInfo, WebSocketError } from './websocket-error.js';

/** Options of a WebSocketStream: those of the standard, and those of connect(), such as `headers` and `dial`. */
export interface WebSocketStreamOptions extends Omit<WebSocketInit, 'protocols'> {
  /** Subprotocols to offer, the preferred one first. */
  readonly protocols?: Iterable<string>;
  /** Aborts the attempt to connect. It does nothing after the connection has opened. */
  readonly signal?: AbortSignal;
}

/** The result of `opened`. */
export interface WebSocketOpenInfo {
  /** The messages: strings and Uint8Arrays. They are read no faster than the application takes them. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** Sends each chunk as a message. A write is complete when at most `highWaterMark` bytes wait. */
  readonly writable: WritableStream<string | ArrayBuffer | ArrayBufferView>;
  /** The negotiated extensions, or ''. */
  readonly extensions: string;
  /** The negotiated subprotocol, or ''. */
  readonly protocol: string;
}

/**
 * A WebSocket as a pair of WHATWG streams, with backpressure in both directions, as in Chrome
 * (https://github.com/whatwg/websockets/pull/48).
 *
 *     const { readable, writable } = await new WebSocketStream('wss://example.com/chat').opened;
 */
export class WebSocketStream {
  readonly #url: URL;
  readonly #attempt = new AbortController();
  readonly #opened: Promise<WebSocketOpenInfo>;
  readonly #closed: Promise<WebSocketCloseInfo>;
  #connection: WebSocketConnection | undefined;

  static {
    defineInterface(WebSocketStream);
  }

  /**
   * Starts to open a connection.
   *
   * @param url an absolute URL: ws:, wss:, or http: and https:, which mean the same
   * @throws {DOMException} SyntaxError if the URL or a subprotocol is wrong
   * @throws {TypeError | RangeError} if an option is wrong
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    // biome-ignore lint/complexity/noArguments: `undefined` is a URL, although a relative one
    requireArgument('the constructor of WebSocketStream', arguments.length);
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
    const { signal, protocols = [], ...init } = options;
    checkSignal(signal);
    if (typeof protocols !== 'object' || protocols === null || !(Symbol.iterator in protocols)) {
      throw invalidType('protocols', 'an array', protocols);
    }
    const given = resolveArguments(protocols, init);
    this.#url = parseUrl(toScalarString(url));
    checkProtocols(given.protocols);
    const connection = this.#establish(given, signal);
    this.#opened = connection.then(open => this.#openInfo(open));
    this.#closed = connection.then(open => open.closed).then(info => cleanEnd(info));
    // An application may use only one of them. A rejection of the other must not be reported as unhandled.
    this.#opened.catch(() => {});
    this.#closed.catch(() => {});
  }

  /** The URL, in its normal form. */
  get url(): string {
    return this.#url.href;
  }

  /**
   * Resolves when the connection is open. Rejects with a WebSocketError if it can't be opened, or with the reason of
   * the signal.
   */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened;
  }

  /** Resolves when the connection has closed. Rejects with a WebSocketError if it was not closed cleanly. */
  get closed(): Promise<WebSocketCloseInfo> {
    return this.#closed;
  }

  /**
   * Starts the closing handshake. While connecting, aborts the attempt.
   *
   * @throws {DOMException} InvalidAccessError if the code is neither 1000 nor 3000 to 4999, SyntaxError if the reason
   *   is longer than 123 bytes
   */
  close(closeInfo: WebSocketCloseInfo = {}): void {
    const { closeCode, reason } = toCloseInfo(closeInfo);
    if (this.#connection === undefined) {
      this.#attempt.abort(new DOMException('close() was called before the connection was open', 'AbortError'));
    } else {
      void this.#connection.close(closeCode, reason);
    }
  }

  async #establish(given: ConstructorArguments, signal: AbortSignal | undefined): Promise<WebSocketConnection> {
    // "If options["signal"] is aborted: reject opened and closed with its abort reason, and return."
    signal?.throwIfAborted();
    const stopListening = onAbort(signal, () => this.#attempt.abort());
    try {
      const connection = await establish(this.#url, given, this.#attempt.signal);
      if (this.#attempt.signal.aborted) connection.terminate();
      this.#attempt.signal.throwIfAborted();
      this.#connection = connection;
      return connection;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : failure(1006, '', error);
    } finally {
      stopListening();
    }
  }

  #openInfo(connection: WebSocketConnection): WebSocketOpenInfo {
    const close = (reason: unknown) => this.#closeBecause(connection, reason);
    const ends = {
      receive: (message: Message) => (typeof message === 'string' ? message : new Uint8Array(message)),
      send: toMessage,
      cancel: close,
      abort: close,
      close: async () => cleanEnd(await connection.close()),
      failure: failureOf,
    };
    return {
      readable: makeReadable(connection, ends),
      writable: makeWritable(connection, ends),
      extensions: connection.extensions,
      protocol: connection.subprotocol,
    };
  }

  /** "If reason is a WebSocketError: close with its closeCode and reason. Otherwise, close." */
  async #closeBecause(connection: WebSocketConnection, reason: unknown): Promise<void> {
    if (reason instanceof WebSocketError) await connection.close(reason.closeCode ?? undefined, reason.reason);
    else await connection.close();
  }
}

/** Returns how a connection ended. Throws a WebSocketError if it did not end cleanly. */
function cleanEnd(info: CloseInfo): WebSocketCloseInfo {
  if (!info.wasClean) throw failureOf(info);
  return { closeCode: info.code, reason: info.reason };
}

function failureOf({ wasClean, code, reason, cause }: CloseInfo): DOMException {
  // "If wasClean: error the writable stream with an InvalidStateError."
  if (wasClean) return new DOMException('the connection has closed', 'InvalidStateError');
  return failure(code, reason, cause);
}

function failure(code: number, reason: string, cause: unknown): WebSocketError {
  const message = isError(cause) ? cause.message : 'the connection failed';
  return new WebSocketError(message, new UncleanEnd(code, reason, cause));
}
