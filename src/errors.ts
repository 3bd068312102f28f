import { HeaderFields, type HeaderLine } from './header-fields.js';
import { isError } from './host-values.js';

/**
 * All errors of this package, with the party at fault:
 *
 *     Error
 *     ├── WebSocketError          .code (stable, see below), .fault: 'peer' | 'caller' | 'network'
 *     │   ├── ProtocolError       peer     the peer broke RFC 6455: .closeCode, .section, .offset
 *     │   ├── HandshakeError      any      the opening handshake failed: .phase, .url, .status, .headers, .body, .hint
 *     │   ├── ConnectionLostError network  the connection ended without a closing handshake
 *     │   ├── ConnectionClosedError        the connection was closed, by this endpoint (caller) or the peer (peer):
 *     │   │                                .closeCode, .reason. Nothing went wrong: it is the reason of its `signal`
 *     │   ├── BackpressureError   peer     the peer reads too slowly, and maxBufferedAmount was exceeded; .bufferedAmount
 *     │   │                       caller   the same, but the application queued it all in one turn
 *     │   └── HandlerError        caller   a listener or an option function threw or rejected; .cause is what it threw
 *     ├── TypeError               caller   an argument of the wrong type, with .code
 *     └── RangeError              caller   an argument of the wrong value, with .code
 *
 * A fault of the peer never throws. It fails the connection and becomes the `cause` in CloseInfo. A fault of the caller
 * throws before a byte is written. A function that returns a promise rejects instead.
 */

/** Identifies an error. A message may change in any version, a code only in a major version. */
export type ErrorCode =
  | 'WS101_INVALID_ARGUMENT'
  | 'WS101_PROTOCOL_VIOLATION'
  | 'WS101_HANDSHAKE_FAILED'
  | 'WS101_CONNECTION_LOST'
  | 'WS101_CONNECTION_CLOSED'
  | 'WS101_KEEPALIVE_TIMEOUT'
  | 'WS101_CLOSE_TIMEOUT'
  | 'WS101_UNREAD_TIMEOUT'
  | 'WS101_TERMINATED'
  | 'WS101_BACKPRESSURE'
  | 'WS101_HANDLER_FAILED';

/** Who caused an error: the other endpoint, this application, or neither. */
export type Fault = 'peer' | 'caller' | 'network';

/** The base class of all errors of this package, except for wrong arguments. */
export class WebSocketError extends Error {
  readonly code: ErrorCode;
  readonly fault: Fault;

  constructor(message: string, code: ErrorCode, fault: Fault, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fault = fault;
  }

  /** The name of the class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** The name of a rule that a peer can break. It does not change. docs/errors.md says what each means. */
export type ViolationCode =
  | 'RESERVED_BITS'
  | 'RESERVED_OPCODE'
  | 'UNMASKED_CLIENT_FRAME'
  | 'MASKED_SERVER_FRAME'
  | 'FRAGMENTED_CONTROL_FRAME'
  | 'CONTROL_FRAME_TOO_LONG'
  | 'LENGTH_NOT_MINIMAL'
  | 'LENGTH_SIGN_BIT'
  | 'CONTINUATION_OF_NOTHING'
  | 'MESSAGE_INTERRUPTED'
  | 'MESSAGE_TOO_BIG'
  | 'TOO_MANY_FRAGMENTS'
  | 'INVALID_UTF8'
  | 'MISPLACED_COMPRESSED_BIT'
  | 'INVALID_COMPRESSED_DATA'
  | 'CLOSE_PAYLOAD_TOO_SHORT'
  | 'INVALID_CLOSE_CODE'
  | 'INVALID_CLOSE_REASON';

/** A rule of RFC 6455 or RFC 7692 that a peer can break. */
export interface Violation {
  /** The name of the rule, for example `UNMASKED_CLIENT_FRAME`. */
  readonly code: ViolationCode;
  /** The close code that fails the connection (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** The section of RFC 6455, for example `§5.1`. A section of another RFC starts with its number: `RFC 7692 §6`. */
  readonly section: string;
  /** The rule in a few words. It is sent to the peer in the close reason, so it has at most 123 bytes. */
  readonly message: string;
}

/** The peer broke a rule of RFC 6455, so this end failed the connection (§7.1.7). */
export class ProtocolError extends WebSocketError {
  readonly violation: Violation;
  readonly closeCode: number;
  readonly section: string;
  /** What broke the rule, for example `5 bytes, of at most 4`, or ''. It is sent to the peer too, if it fits. */
  readonly detail: string;
  /** The position in the bytes received after the opening handshake, from 0. */
  readonly offset: number;

  constructor(violation: Violation, offset: number, detail = '') {
    const found = detail === '' ? '' : `: ${detail}`;
    const source = violation.section.startsWith('§') ? `RFC 6455 ${violation.section}` : violation.section;
    super(`${violation.message}${found} (${source}, at byte ${offset})`, 'WS101_PROTOCOL_VIOLATION', 'peer');
    this.violation = violation;
    this.closeCode = violation.closeCode;
    this.section = violation.section;
    this.detail = detail;
    this.offset = offset;
  }
}

/** The step in which an opening handshake failed. */
export type HandshakePhase = 'dns' | 'connect' | 'proxy' | 'tls' | 'request' | 'response';

/** The properties of a HandshakeError, for its constructor. */
export interface HandshakeErrorDetails {
  readonly phase: HandshakePhase;
  readonly fault: Fault;
  /** The URL that was to be opened. */
  readonly url?: string | undefined;
  /** The URLs that redirected to `url`, the first one first. */
  readonly redirectedFrom?: readonly string[] | undefined;
  /** The status code of the response, if there was one. */
  readonly status?: number | undefined;
  /** The header lines of the response, in the order and spelling received. */
  readonly headers?: Iterable<HeaderLine> | undefined;
  /** The first bytes of the body of a response other than 101. */
  readonly body?: Uint8Array | undefined;
  /** The likely cause, and what to try. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The opening handshake failed (RFC 6455 §4), so there was never a WebSocket connection. */
export class HandshakeError extends WebSocketError {
  readonly phase: HandshakePhase;
  /**
   * The URL that was to be opened, or undefined if it is not known. User, password and query are left out: they may be
   * secrets.
   */
  readonly url: string | undefined;
  /** The URLs that redirected to `url`, in order, without user, password and query. Empty if there was no redirect. */
  readonly redirectedFrom: readonly string[];
  /** What failed. `message` also has the URLs and the hint. */
  readonly summary: string;
  /** The status code of the response, or undefined if none came. */
  readonly status: number | undefined;
  /** The headers of the response. Empty if none came. */
  readonly headers: HeaderFields;
  /** The beginning of the body of a response other than 101, as UTF-8 text. */
  readonly body: string;
  /** The likely cause, and what to try. */
  readonly hint: string | undefined;
  readonly #bodyBytes: Uint8Array;

  /** @param summary what failed, in a few words */
  constructor(summary: string, details: HandshakeErrorDetails) {
    const url = details.url === undefined ? undefined : withoutSecrets(details.url);
    const redirectedFrom = (details.redirectedFrom ?? []).map(withoutSecrets);
    super(
      handshakeMessage(summary, url, redirectedFrom, details.hint),
      'WS101_HANDSHAKE_FAILED',
      details.fault,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.phase = details.phase;
    this.url = url;
    this.redirectedFrom = redirectedFrom;
    this.summary = summary;
    this.status = details.status;
    this.headers = new HeaderFields(details.headers);
    this.#bodyBytes = details.body ?? new Uint8Array(0);
    this.body = new TextDecoder().decode(this.#bodyBytes);
    this.hint = details.hint;
  }

  /** The bytes of `body`, for a body that is not UTF-8 text. */
  get bodyBytes(): Uint8Array {
    return this.#bodyBytes;
  }
}

/** Returns one line that suffices if only the message of an error is logged. */
function handshakeMessage(
  summary: string,
  url: string | undefined,
  redirectedFrom: readonly string[],
  hint: string | undefined,
): string {
  const path = redirectedFrom.length === 0 ? '' : `, redirected from ${redirectedFrom.join(', then ')}`;
  const what = url === undefined ? summary : `could not open ${url}${path}: ${summary}`;
  return hint === undefined ? what : `${what}. Hint: ${hint}`;
}

function withoutSecrets(url: string): string {
  return url.replace(/^([^/]*\/\/)[^/?]*@/, '$1').replace(/\?.+/s, '?…');
}

/** The connection ended without a closing handshake: because of the network, a deadline, or `terminate()`. */
export class ConnectionLostError extends WebSocketError {
  constructor(
    message: string,
    code:
      | 'WS101_CONNECTION_LOST'
      | 'WS101_KEEPALIVE_TIMEOUT'
      | 'WS101_CLOSE_TIMEOUT'
      | 'WS101_UNREAD_TIMEOUT'
      | 'WS101_TERMINATED' = 'WS101_CONNECTION_LOST',
    cause?: unknown,
  ) {
    const fault = code === 'WS101_TERMINATED' || code === 'WS101_UNREAD_TIMEOUT' ? 'caller' : 'network';
    super(message, code, fault, cause === undefined ? undefined : { cause });
  }
}

/** The connection was closed by a clean closing handshake: the reason of `connection.signal`. */
export class ConnectionClosedError extends WebSocketError {
  /** The code of the peer's Close frame; 1005 if it had none (RFC 6455 §7.1.5). */
  readonly closeCode: number;
  /** The reason in the peer's Close frame, or ''. */
  readonly reason: string;

  /** @param isLocal whether this endpoint closed the connection, and not the peer */
  constructor(closeCode: number, reason: string, isLocal: boolean) {
    const code = closeCode === 1005 ? 'without a code' : `with ${closeCode}`;
    const because = reason === '' ? '' : ` (${reason})`;
    const [who, fault] = isLocal ? (['this endpoint', 'caller'] as const) : (['the peer', 'peer'] as const);
    super(`${who} closed the connection ${code}${because}`, 'WS101_CONNECTION_CLOSED', fault);
    this.closeCode = closeCode;
    this.reason = reason;
  }
}

/** More bytes than `maxBufferedAmount` were waiting to be sent, so the connection was ended. */
export class BackpressureError extends WebSocketError {
  /** How many bytes were waiting. */
  readonly bufferedAmount: number;

  /** @param detail how much the peer has taken, or why the peer is not at fault */
  constructor(bufferedAmount: number, limit: number, detail: string, fault: 'peer' | 'caller' = 'peer') {
    super(
      `${bufferedAmount} bytes are waiting to be sent, more than maxBufferedAmount (${limit}): ${detail}`,
      'WS101_BACKPRESSURE',
      fault,
    );
    this.bufferedAmount = bufferedAmount;
  }
}

/** Application code threw, or returned a promise that rejected. `cause` is what it threw. */
export class HandlerError extends WebSocketError {
  /** @param kind whether `name` is an event with a listener, or an option that is a function */
  constructor(name: string, cause: unknown, kind: 'listener' | 'option' = 'listener') {
    const handler = kind === 'listener' ? `a listener of '${name}'` : `${name}()`;
    super(`${handler} failed: ${describeThrown(cause)}`, 'WS101_HANDLER_FAILED', 'caller', { cause });
  }
}

/** Describes a thrown value. Never throws, even if reading any property of the value does. */
function describeThrown(thrown: unknown): string {
  try {
    if (isError(thrown)) return String(thrown.message);
  } catch {
    return 'an error without a readable message';
  }
  // Not String(thrown): that throws for an object without a prototype.
  return typeof thrown === 'string' ? thrown : describeValue(thrown);
}

/** An error about an argument. */
type ArgumentError<E extends Error> = E & { code: ErrorCode };

/** Returns a TypeError that says `argument must be expected, got actual`. */
export function invalidType(argument: string, expected: string, actual: unknown): ArgumentError<TypeError> {
  return typeError(`${argument} must be ${expected}, got ${describeValue(actual)}`);
}

/** Returns a RangeError that says `argument must be expected, got actual`, for a value of the right type. */
export function invalidValue(argument: string, expected: string, actual: unknown): ArgumentError<RangeError> {
  return rangeError(`${argument} must be ${expected}, got ${describeValue(actual)}`);
}

/** Returns the RangeError of invalidValue() if `actual` is a string, and otherwise the TypeError of invalidType(). */
export function invalidString(
  argument: string,
  expected: string,
  actual: unknown,
): ArgumentError<TypeError | RangeError> {
  return typeof actual === 'string'
    ? invalidValue(argument, expected, actual)
    : invalidType(argument, expected, actual);
}

/**
 * Returns a TypeError that says `name() must return expected, got actual`, for a function that the application passed.
 */
export function invalidReturn(name: string, expected: string, actual: unknown): ArgumentError<TypeError> {
  return typeError(`${name}() must return ${expected}, got ${describeValue(actual)}`);
}

/** Returns a TypeError with a message of its own, if `argument must be …` does not make a good sentence. */
export function typeError(message: string): ArgumentError<TypeError> {
  return withCode(new TypeError(message));
}

/** Returns a RangeError with a message of its own, if `argument must be …` does not make a good sentence. */
export function rangeError(message: string): ArgumentError<RangeError> {
  return withCode(new RangeError(message));
}

function withCode<E extends Error>(error: E): ArgumentError<E> {
  return Object.assign(error, { code: 'WS101_INVALID_ARGUMENT' as const });
}

/**
 * Describes a value for a message, briefly and without line breaks: `"text"`, `5`, `undefined`, `a Buffer`. Never
 * throws.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  const name = classNameOf(value);
  return name === undefined || name === 'Object' ? 'an object' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

function classNameOf(value: unknown): string | undefined {
  try {
    const name: unknown = (value as object).constructor.name;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
