/**
 * The server's side of the opening handshake (RFC 6455 §4.2):
 *
 *     bytes -> ServerHandshake -> UpgradeRequest -> (the application agrees) -> acceptRequest() -> bytes of the 101
 *                              -> Refusal ------------------------------------> encodeRefusal() -> bytes, and the end
 */
import { Buffer } from 'node:buffer';
import { invalidType } from '../../errors.js';
import { type ExtensionOffer, serializeExtensions } from '../extension-header.js';
import { callersHeaders, HANDSHAKE_HEADERS, type HeaderInput, type HeaderLine } from '../header-fields.js';
import { Refusal, textOfStatus } from '../refusal.js';
import type { UpgradeRequest } from '../request.js';
import { type ServerHandshakeOptions, UpgradePolicy } from '../upgrade-policy.js';
import { encodeResponseHead, type RequestHead } from './head.js';
import { HeadFault, type HeadReader, requestHeadReader } from './head-reader.js';
import { acceptOf } from './key.js';
import { judgeRequest } from './request-rules.js';

/** The status that answers each fault of a head. */
const STATUS_OF_FAULT: Readonly<Record<HeadFault['kind'], number>> = {
  syntax: 400,
  'start-line-too-long': 414,
  'too-large': 431,
};

/** The first byte of a TLS ClientHello record (RFC 8446 §5.1), which no HTTP request begins with. */
const TLS_HANDSHAKE = 0x16;

/** Reads one opening handshake from the bytes of one connection. */
export class ServerHandshake {
  readonly #policy: UpgradePolicy;
  readonly #reader: HeadReader<Omit<RequestHead, 'headers'>>;
  #rest: Uint8Array = new Uint8Array(0);
  #over = false;
  #head: RequestHead | undefined;

  /**
   * @param policy the same for all connections of a server: made of these options where it is left out
   * @throws TypeError or RangeError where an option is malformed
   */
  constructor(options: ServerHandshakeOptions = {}, policy: UpgradePolicy = new UpgradePolicy(options)) {
    this.#policy = policy;
    this.#reader = requestHeadReader(options);
  }

  /** What came behind the head in the chunk that ended it: the first frames, for the connection; none behind a refusal. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The head of the request once it has been read, also if the request is refused; undefined if it is malformed. */
  get head(): RequestHead | undefined {
    return this.#head;
  }

  /**
   * Takes the next bytes, in any segmentation: gives the outcome, or undefined while more bytes are needed.
   * @throws TypeError behind the outcome: what comes then belongs to the connection
   */
  receive(chunk: Uint8Array): UpgradeRequest | Refusal | undefined {
    if (this.#over) throw invalidType('chunk', 'given to the connection, now that the handshake is over', chunk);
    const firstByte = this.#reader.size === 0 ? chunk[0] : undefined;
    const head = this.#reader.receive(chunk);
    if (head === undefined) return undefined;
    this.#over = true;
    if (head instanceof HeadFault) return refusalOf(head, firstByte);
    this.#head = head;
    const outcome = judgeRequest(head, this.#policy);
    if (!(outcome instanceof Refusal)) this.#rest = this.#reader.rest;
    return outcome;
  }
}

function refusalOf(fault: HeadFault, firstByte: number | undefined): Refusal {
  const hint = firstByte === TLS_HANDSHAKE ? ' (it looks like TLS, and this port speaks plain HTTP: try ws://)' : '';
  const status = STATUS_OF_FAULT[fault.kind];
  const detail = `The head: ${fault.message}${hint}`;
  return new Refusal(status, { body: `${textOfStatus(status)}${detail}\n`, detail });
}

export interface AcceptOptions {
  /** One of those that the client offered. */
  readonly subprotocol?: string | undefined;
  /** Some of those that the client offered, with the parameters that were agreed. */
  readonly extensions?: readonly ExtensionOffer[] | undefined;
  /** More headers for the response, such as Set-Cookie. */
  readonly headers?: HeaderInput | undefined;
}

/** RFC 9110 §7.8: a server that gets Upgrade and `Expect: 100-continue` MUST send a 100 before it sends the 101. */
const CONTINUE = encodeResponseHead({ version: '1.1', status: 100, reason: 'Continue', headers: [] });

/**
 * The bytes that accept a request (RFC 6455 §4.2.2): a 101, and in front of it a 100 where the client waits for one.
 * @throws TypeError where the client did not offer what `options` agree to, or their headers are not the caller's to set
 */
export function acceptRequest(request: UpgradeRequest, options: AcceptOptions = {}): Uint8Array {
  const { subprotocol, extensions = [] } = options;
  const lines: HeaderLine[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', acceptOf(request.key)],
  ];
  if (subprotocol !== undefined) {
    // "The value chosen MUST be derived from the client's handshake."
    if (!request.subprotocols.includes(subprotocol)) {
      throw invalidType('subprotocol', `one that the client offered (${request.subprotocols.join(', ')})`, subprotocol);
    }
    lines.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (extensions.length > 0) {
    // "Extensions not listed by the client MUST NOT be listed."
    const foreign = extensions.find(({ name }) => !request.extensions.some(offer => offer.name === name));
    if (foreign !== undefined) throw invalidType('extensions', 'among those that the client offered', foreign.name);
    lines.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  }
  const headers =
    options.headers === undefined ? lines : [...lines, ...callersHeaders(options.headers, HANDSHAKE_HEADERS)];
  const response = encodeResponseHead({ version: '1.1', status: 101, reason: 'Switching Protocols', headers });
  return request.expectsContinue ? Buffer.concat([CONTINUE, response]) : response;
}
