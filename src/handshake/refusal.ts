/**
 * The answer to a request that does not become a WebSocket connection: always a complete HTTP response, always the last one on
 * its connection. A second request is never read, so a refused one can smuggle none.
 */
import { Buffer } from 'node:buffer';
import { type HandlerError, invalidType, invalidValue } from '../errors.js';
import { isFieldValue } from './grammar.js';
import { callersHeaders, HeaderFields, type HeaderInput, type HeaderLine } from './header-fields.js';
import { encodeResponseHead } from './http1/head.js';

/** What each status says of itself: its reason phrase, a text, and the headers that HTTP wants with it. */
const STATUSES: ReadonlyMap<number, readonly [reason: string, text: string, headers?: readonly HeaderLine[]]> = new Map(
  [
    [400, ['Bad Request', 'The request is malformed.']],
    [401, ['Unauthorized', 'The request lacks valid credentials.']],
    [403, ['Forbidden', 'This connection is not allowed.']],
    [404, ['Not Found', 'No WebSocket is served at this path.']],
    // RFC 9110 §15.5.6: the origin server MUST generate an Allow header field in a 405 response.
    [405, ['Method Not Allowed', 'A WebSocket connection is opened with GET.', [['Allow', 'GET']]]],
    [408, ['Request Timeout', 'The request did not come whole in time.']],
    [414, ['URI Too Long', 'The request line is too long.']],
    [417, ['Expectation Failed', 'The only expectation that can be met is 100-continue.']],
    [
      426,
      [
        'Upgrade Required',
        'This is a WebSocket server: connect with version 13 of the protocol (RFC 6455).',
        // RFC 9110 §15.5.22: MUST send an Upgrade header field. RFC 6455 §4.2.2: and the versions that are understood.
        [
          ['Upgrade', 'websocket'],
          ['Sec-WebSocket-Version', '13'],
        ],
      ],
    ],
    [429, ['Too Many Requests', 'There were too many requests.']],
    [431, ['Request Header Fields Too Large', 'The head of the request is too large.']],
    [500, ['Internal Server Error', 'The server failed.']],
    [503, ['Service Unavailable', 'The server takes no more connections at present.']],
    [505, ['HTTP Version Not Supported', 'This server speaks HTTP/1.1.']],
  ],
);

/** These say where the response ends, and that the connection ends with it: not for a caller to change. */
const RESERVED = ['connection', 'content-length', 'transfer-encoding', 'trailer'];

/** What a status says for people, as a line: the body of a refusal that has nothing to add. */
export function textOfStatus(status: number): string {
  return `${STATUSES.get(status)?.[1] ?? `Refused with status ${status}.`}\n`;
}

export interface RefusalOptions {
  /** Reason phrase of the status line; by default the registered one, or none. */
  readonly reason?: string;
  /** For people, and plain text; anything else where `headers` names its Content-Type. */
  readonly body?: string;
  readonly headers?: HeaderInput;
  /** Why, for the operator of the server: the `refused` event carries it, and it is never sent. By default the text of the status. */
  readonly detail?: string;
}

/** What is not a caller's to say. */
interface RefusalCause {
  readonly answersHead?: boolean;
  readonly error?: HandlerError | undefined;
}

export class Refusal {
  /** 300 to 599. */
  readonly status: number;
  readonly reason: string;
  /** Those that belong to the status, and the caller's. The ones that every refusal has, `encodeRefusal()` adds. */
  readonly headers: HeaderFields;
  /** Sent as UTF-8. */
  readonly body: string;
  /** Why, for the operator of the server. Never sent. */
  readonly detail: string;
  /** Whether this answers HEAD: the head is the same, and the body is not sent. */
  readonly answersHead: boolean;
  /** What application code failed with, which is why the request is refused. Never sent. */
  readonly error: HandlerError | undefined;

  /**
   * A 401 needs a WWW-Authenticate and a redirect a Location among its headers: those are the caller's to give.
   * @throws TypeError where reason, body, detail or headers are of the wrong type or cannot be sent, or the headers are not a caller's to set
   * @throws RangeError where `status` is not one that refuses
   */
  constructor(status: number, options: RefusalOptions = {}, { answersHead = false, error }: RefusalCause = {}) {
    // 304 has no body, and answers a condition that nobody set.
    if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
      throw invalidValue('status', 'an integer from 300 to 599, and not 304', status);
    }
    const [registeredReason = '', , ownHeaders = []] = STATUSES.get(status) ?? [];
    const { reason = registeredReason, body = textOfStatus(status), headers } = options;
    const { detail = textOfStatus(status).trimEnd() } = options;
    if (typeof reason !== 'string' || !isFieldValue(reason)) {
      throw invalidType('reason', 'a string of HTAB and U+0020-7E, U+0080-FF', reason);
    }
    if (typeof body !== 'string') throw invalidType('body', 'a string', body);
    if (typeof detail !== 'string') throw invalidType('detail', 'a string', detail);
    this.status = status;
    this.reason = reason;
    this.body = body;
    this.detail = detail;
    this.headers = withDefaults(callersHeaders(headers, RESERVED), ownHeaders);
    this.answersHead = answersHead;
    this.error = error;
  }

  /** The same in answer to HEAD. */
  forHead(): Refusal {
    return new Refusal(this.status, this, { answersHead: true, error: this.error });
  }
}

/** The whole response. */
export function encodeRefusal(refusal: Refusal): Uint8Array {
  const body = Buffer.from(refusal.body, 'utf8');
  const headers = withDefaults(refusal.headers, [
    // RFC 9110 §7.8: who sends Upgrade MUST send the connection option `upgrade` too.
    ['Connection', refusal.headers.has('Upgrade') ? 'close, Upgrade' : 'close'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    // RFC 9110 §8.6: in answer to HEAD it would have to be what GET gets, which is another answer than this.
    ...(refusal.answersHead ? [] : [['Content-Length', String(body.length)] as const]),
  ]);
  const head = encodeResponseHead({ version: '1.1', status: refusal.status, reason: refusal.reason, headers });
  return refusal.answersHead ? head : Buffer.concat([head, body]);
}

/** `headers`, behind those of `defaults` that they do not set themselves. */
function withDefaults(headers: HeaderFields, defaults: readonly HeaderLine[]): HeaderFields {
  return new HeaderFields([...defaults.filter(([name]) => !headers.has(name)), ...headers]);
}
