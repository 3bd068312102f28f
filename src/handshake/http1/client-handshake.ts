/**
 * The client's side of the opening handshake over HTTP/1.1 (RFC 6455 §4.1):
 *
 *     ClientHandshake.request -> bytes to send
 *     bytes received -> receive() -> Agreement: the connection is open
 *                                 -> HandshakeError: there is no connection
 */
import { HandshakeError, invalidString, rangeError, typeError } from '../../errors.js';
import { checkOptionNames, type OptionNames } from '../../option-names.js';
import type { Agreement } from '../agreement.js';
import { type ExtensionOffer, serializeExtensions } from '../extension-header.js';
import { FIELD_VALUE, isFieldValue } from '../grammar.js';
import { GrowingBytes } from '../growing-bytes.js';
import {
  callersHeaders,
  HANDSHAKE_HEADERS,
  HeaderFields,
  type HeaderInput,
  type HeaderLine,
} from '../header-fields.js';
import { printable } from '../quoted.js';
import { isRequestTarget, parseAuthority } from '../request-target.js';
import { checkSubprotocols } from '../subprotocol.js';
import { encodeRequestHead, type ResponseHead } from './head.js';
import { HEAD_LIMIT_NAMES, HeadFault, type HeadLimits, type HeadReader, responseHeadReader } from './head-reader.js';
import { createKey, isKey } from './key.js';
import { ResponseBody } from './response-body.js';
import { hintOfInvalidUpgrade, hintOfOpening, hintOfResponse, NO_RESPONSE } from './response-hint.js';
import { judgeResponse } from './response-rules.js';

/** Options of ClientHandshake. */
export interface ClientHandshakeOptions extends HeadLimits {
  /** `host[:port]` for the Host header. Leave the port out if it is the default one (RFC 6455 §4.1). */
  readonly host: string;
  /** Resource name (RFC 6455 §3): path and query, e.g. `/chat?room=1`. */
  readonly target: string;
  /** Subprotocols to offer, the preferred one first. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Extensions to offer, the preferred one first. */
  readonly extensions?: readonly ExtensionOffer[] | undefined;
  readonly origin?: string | undefined;
  /** More headers for the request. A Host header replaces `host`. */
  readonly headers?: HeaderInput | undefined;
}

const OPTION_NAMES: OptionNames<ClientHandshakeOptions> = {
  host: true,
  target: true,
  subprotocols: true,
  extensions: true,
  origin: true,
  headers: true,
  ...HEAD_LIMIT_NAMES,
};

/** The most 1xx responses that a server may send before the final one. */
const MAX_INTERIM_RESPONSES = 5;

/** How many of the first bytes are kept for the error. */
const OPENING_SIZE = 64;

/** The client's side of one opening handshake: writes the request and reads the response. */
export class ClientHandshake {
  /** The bytes to send. */
  readonly request: Uint8Array;
  /** Sec-WebSocket-Key. */
  readonly key: string;
  readonly #subprotocols: readonly string[];
  readonly #extensions: readonly ExtensionOffer[];

  readonly #reader: HeadReader<Omit<ResponseHead, 'headers'>>;
  /** The first bytes received. */
  readonly #opening = new GrowingBytes();
  #interimResponses = 0;
  #response: ResponseHead | undefined;
  #body: ResponseBody | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #over = false;

  /**
   * @param key a fresh one by default, which RFC 6455 §4.1 requires for each connection
   * @throws {TypeError | RangeError} if an option can't be sent, or only the handshake may set it
   */
  constructor(options: ClientHandshakeOptions, key: string = createKey()) {
    checkOptionNames(options, OPTION_NAMES);
    if (!isKey(key)) throw invalidString('key', '16 bytes in base64', key);
    this.key = key;
    this.#reader = responseHeadReader(options);
    this.request = encodeRequest(options, key);
    // The caller may change its arrays later.
    this.#subprotocols = [...(options.subprotocols ?? [])];
    this.#extensions = [...(options.extensions ?? [])];
  }

  /** The head of the final response, once it is complete. Its status shows a redirect before the body arrives. */
  get response(): ResponseHead | undefined {
    return this.#response;
  }

  /** The bytes after a 101 in the same chunk. They are the first frames and belong to the connection. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /**
   * Takes the next bytes, in any segmentation. Returns the outcome, or undefined while more bytes are needed. For a
   * response other than 101, the outcome is returned when its body is complete, or when 1 MiB of it has arrived.
   *
   * @throws {TypeError} after the outcome: later bytes belong to the connection
   */
  receive(chunk: Uint8Array): Agreement | HandshakeError | undefined {
    if (this.#over) throw typeError('the opening handshake is over: pass this chunk to the connection');
    if (this.#body !== undefined) return this.#receiveBody(this.#body, chunk);
    this.#opening.append(chunk, 0, Math.min(chunk.length, OPENING_SIZE - this.#opening.length));
    let bytes = chunk;
    for (;;) {
      const head = this.#reader.receive(bytes);
      if (head === undefined) return undefined;
      if (head instanceof HeadFault) return this.#failAtOpening(`the response is not HTTP/1.1: ${head.message}`);
      if (head.status >= 200 || head.status === 101) return this.#receiveResponse(head);
      if (++this.#interimResponses > MAX_INTERIM_RESPONSES) {
        return this.#failAtOpening(`the server sent more than ${MAX_INTERIM_RESPONSES} interim responses`);
      }
      bytes = this.#reader.rest;
      this.#reader.next();
    }
  }

  /**
   * Ends the handshake, because the connection has ended or the caller stops waiting. Returns the error, which includes
   * the response so far.
   */
  end(): HandshakeError {
    if (this.#response !== undefined && this.#body !== undefined)
      return this.#failAtResponse(this.#response, this.#body);
    if (this.#opening.length === 0) {
      this.#over = true;
      return new HandshakeError('the connection ended before a response arrived', {
        phase: 'response',
        fault: 'peer',
        hint: NO_RESPONSE,
      });
    }
    return this.#failAtOpening('the connection ended before the response was complete');
  }

  #receiveResponse(head: ResponseHead): Agreement | HandshakeError | undefined {
    this.#response = head;
    if (head.status !== 101) {
      // §4.1: "If the status code received from the server is not 101, the client handles the response per HTTP".
      this.#body = new ResponseBody(head);
      return this.#receiveBody(this.#body, this.#reader.rest);
    }
    this.#over = true;
    const outcome = judgeResponse(head, {
      key: this.key,
      subprotocols: this.#subprotocols,
      extensions: this.#extensions,
    });
    if (typeof outcome === 'string') {
      return new HandshakeError(`the server's 101 is not valid: ${outcome} (RFC 6455 §4.1)`, {
        phase: 'response',
        fault: 'peer',
        status: head.status,
        headers: head.headers.lines,
        hint: hintOfInvalidUpgrade(head),
      });
    }
    this.#rest = this.#reader.rest;
    return outcome;
  }

  #receiveBody(body: ResponseBody, chunk: Uint8Array): HandshakeError | undefined {
    body.receive(chunk);
    return body.isWhole ? this.end() : undefined;
  }

  /** Fails without a usable response: the first bytes received become the body of the error. */
  #failAtOpening(message: string): HandshakeError {
    this.#over = true;
    // Bytes after the fault are left out, so that the error does not depend on the segmentation.
    const body = this.#opening.view().subarray(0, this.#reader.size);
    return new HandshakeError(message, { phase: 'response', fault: 'peer', body, hint: hintOfOpening(body) });
  }

  #failAtResponse(head: ResponseHead, { content: body }: ResponseBody): HandshakeError {
    this.#over = true;
    return new HandshakeError(`the server answered ${head.status} ${printable(head.reason)}`.trimEnd(), {
      phase: 'response',
      fault: 'peer',
      status: head.status,
      headers: head.headers.lines,
      body,
      hint: hintOfResponse(head, body),
    });
  }
}

/** RFC 6455 §4.1, the twelve requirements of the request. */
function encodeRequest(options: ClientHandshakeOptions, key: string): Uint8Array {
  const { target, extensions = [], origin } = options;
  const subprotocols = checkSubprotocols(options.subprotocols ?? []);
  if (typeof target !== 'string' || !target.startsWith('/') || !isRequestTarget(target)) {
    throw invalidString('target', 'a path with an optional query, such as `/chat?room=1`', target);
  }
  const headers = callersHeaders(options.headers, HANDSHAKE_HEADERS);
  const hosts = headers.has('Host') ? headers.all('Host') : [options.host];
  if (hosts.length > 1) throw rangeError(`headers must contain Host only once, got ${hosts.length} lines`);
  if (typeof hosts[0] !== 'string' || parseAuthority(hosts[0]) === undefined) {
    throw invalidString(headers.has('Host') ? 'headers["Host"]' : 'host', '`host[:port]`', hosts[0]);
  }
  const lines: HeaderLine[] = [
    ['Host', hosts[0]],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ];
  if (origin !== undefined) {
    if (headers.has('Origin')) throw typeError('origin must be passed once: as the option `origin` or in `headers`');
    if (typeof origin !== 'string' || !isFieldValue(origin)) throw invalidString('origin', FIELD_VALUE, origin);
    lines.push(['Origin', origin]);
  }
  if (subprotocols.length > 0) lines.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  if (extensions.length > 0) lines.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  const others = headers.lines.filter(([name]) => name.toLowerCase() !== 'host');
  return encodeRequestHead({
    method: 'GET',
    target,
    version: '1.1',
    headers: new HeaderFields([...lines, ...others]),
  });
}
