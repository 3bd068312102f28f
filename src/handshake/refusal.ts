/**
 * The answer to a request that does not become a WebSocket connection: a complete HTTP response, and the last one on
 * its connection. No second request is read, so a refused request cannot smuggle one.
 */
import { type HandlerError, invalidString, invalidType, invalidValue } from '../errors.js';
import { FIELD_VALUE, isFieldValue } from './grammar.js';
import { callersHeaders, HeaderFields, type HeaderInput, type HeaderLine } from './header-fields.js';
import { mismatch } from './quoted.js';

/** The reason phrase of each status, a text, and the headers that belong to it. */
const STATUSES: ReadonlyMap<number, readonly [reason: string, text: string, headers?: readonly HeaderLine[]]> = new Map(
  [
    [400, ['Bad Request', 'The request is malformed.']],
    [401, ['Unauthorized', 'The request lacks valid credentials.']],
    [403, ['Forbidden', 'This connection is not allowed.']],
    [404, ['Not Found', 'No WebSocket is served at this path.']],
    // RFC 9110 §15.5.6: the origin server MUST generate an Allow header field in a 405 response.
    [405, ['Method Not Allowed', 'A WebSocket connection is opened with GET.', [['Allow', 'GET']]]],
    [408, ['Request Timeout', 'The request did not arrive in time.']],
    [414, ['URI Too Long', 'The request line is too long.']],
    [417, ['Expectation Failed', 'The only supported expectation is 100-continue.']],
    [
      426,
      [
        'Upgrade Required',
        'This is a WebSocket server: connect with version 13 of the protocol (RFC 6455).',
        // RFC 6455 §4.2.2: a header "indicating the version(s) the server is capable of understanding".
        [['Sec-WebSocket-Version', '13']],
      ],
    ],
    [429, ['Too Many Requests', 'There were too many requests.']],
    [431, ['Request Header Fields Too Large', 'The head of the request is too large.']],
    [500, ['Internal Server Error', 'The server failed.']],
    [503, ['Service Unavailable', 'The server is not accepting connections at present.']],
    [505, ['HTTP Version Not Supported', 'This server speaks HTTP/1.1.']],
  ],
);

/** Headers that mark the end of the response and of its connection. A caller can't set them. */
const RESERVED = ['connection', 'content-length', 'transfer-encoding', 'trailer'];

/** Returns the text of a status, as a line. It is the body of a refusal that has no other. */
export function textOfStatus(status: number): string {
  return `${STATUSES.get(status)?.[1] ?? `Refused with status ${status}.`}\n`;
}

/** Options of a refusal. */
export interface RefusalOptions {
  /** Reason phrase of the status line. By default the registered one, or none. */
  readonly reason?: string | undefined;
  /** Plain text for people. Anything else needs a Content-Type in `headers`. */
  readonly body?: string | undefined;
  readonly headers?: HeaderInput | undefined;
  /**
   * The reason, for the operator of the server. Passed to the `refused` event, and never sent. By default the text of
   * the status.
   */
  readonly detail?: string | undefined;
}

/** Properties of a refusal that only this library sets. */
interface RefusalCause {
  readonly answersHead?: boolean;
  readonly error?: HandlerError | undefined;
}

/** A response that refuses an opening handshake. */
export class Refusal {
  /** 300 to 599. */
  readonly status: number;
  readonly reason: string;
  /** The headers that belong to the status, and the caller's. encodeRefusal() adds those that every refusal has. */
  readonly headers: HeaderFields;
  /** Sent as UTF-8. */
  readonly body: string;
  /** The reason, for the operator of the server. Never sent. */
  readonly detail: string;
  /** Whether this answers HEAD. The head is then the same, and the body is not sent. */
  readonly answersHead: boolean;
  /** The failure of application code that caused the refusal. Never sent. */
  readonly error: HandlerError | undefined;

  /**
   * A 401 needs WWW-Authenticate among its headers, and a redirect needs Location. The caller provides them.
   *
   * @throws {TypeError} if an argument is of the wrong type
   * @throws {RangeError} if `status` does not refuse, if an argument cannot be sent, or if only the handshake may set a
   *   header
   */
  constructor(status: number, options: RefusalOptions = {}, { answersHead = false, error }: RefusalCause = {}) {
    // A 304 answers a conditional request, which an opening handshake is not.
    if (typeof status !== 'number') throw invalidType('status', 'a number', status);
    if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
      throw invalidValue('status', 'an integer from 300 to 599, except 304', status);
    }
    const [registeredReason = '', , ownHeaders = []] = STATUSES.get(status) ?? [];
    const { reason = registeredReason, body = textOfStatus(status), headers } = options;
    const { detail = textOfStatus(status).trimEnd() } = options;
    if (typeof reason !== 'string' || !isFieldValue(reason)) {
      throw invalidString('reason', FIELD_VALUE, reason);
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

  /** Returns the same refusal in answer to HEAD. */
  forHead(): Refusal {
    return new Refusal(this.status, this, { answersHead: true, error: this.error });
  }
}

export interface MismatchOptions {
  /** Advice to the reader. */
  readonly advice?: string;
  /** The reason for the operator, if it differs from the text for the client. */
  readonly detail?: string;
  readonly headers?: readonly HeaderLine[];
}

/**
 * Returns a refusal whose body says which part of the request is wrong, what was expected, what was received, and
 * perhaps what to do.
 *
 * @param got the values of the header, or of the other part of the request; empty if it is missing
 */
export function refuseMismatch(
  status: number,
  part: string,
  expected: string,
  got: readonly string[],
  { advice, detail, headers = [] }: MismatchOptions = {},
): Refusal {
  const found = mismatch(part, expected, got);
  const text = advice === undefined ? found : `${found}; ${advice}`;
  return new Refusal(status, { body: `${textOfStatus(status)}${text}\n`, headers, detail: detail ?? text });
}

/** Returns `headers`, after those of `defaults` that they do not set themselves. */
export function withDefaults(headers: HeaderFields, defaults: readonly HeaderLine[]): HeaderFields {
  return new HeaderFields([...defaults.filter(([name]) => !headers.has(name)), ...headers]);
}
