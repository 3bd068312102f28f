import { isError } from './host-values.js';

/**
 * Every error that this package gives, and who is at fault.
 *
 *     Error
 *     ├── WebSocketError          .code (stable, see below), .fault: 'peer' | 'caller' | 'network'
 *     │   ├── ProtocolError       peer     the peer broke RFC 6455: .closeCode, .section, .offset
 *     │   ├── HandshakeError      any      the opening handshake failed: .phase, .status, .headers, .body, .hint
 *     │   ├── ConnectionLostError network  the connection ended without a closing handshake
 *     │   ├── BackpressureError   peer     too much waits for a peer that reads too slowly or not at all, or one turn queued too much
 *     │   └── HandlerError        caller   a listener, or a function among the options, threw or rejected; .cause has what it threw
 *     ├── TypeError               caller   an argument of the wrong type, with .code
 *     └── RangeError              caller   an argument out of range, with .code
 *
 * The peer's fault never throws: it fails the connection and is the `cause` in CloseInfo. The caller's fault throws at the
 * call, before a byte is written, or rejects if the call returns a promise (connect()).
 */

/** Stable identifiers: a message may be reworded in any version, a code only in a major one. */
export type ErrorCode =
  | 'WS101_INVALID_ARGUMENT'
  | 'WS101_PROTOCOL_VIOLATION'
  | 'WS101_HANDSHAKE_FAILED'
  | 'WS101_CONNECTION_LOST'
  | 'WS101_KEEPALIVE_TIMEOUT'
  | 'WS101_CLOSE_TIMEOUT'
  | 'WS101_UNREAD_TIMEOUT'
  | 'WS101_TERMINATED'
  | 'WS101_BACKPRESSURE'
  | 'WS101_HANDLER_FAILED';

export type Fault = 'peer' | 'caller' | 'network';

export class WebSocketError extends Error {
  readonly code: ErrorCode;
  readonly fault: Fault;

  constructor(message: string, code: ErrorCode, fault: Fault, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fault = fault;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** One rule of the RFC that a peer can break. The rows stand in framing/violations.ts. */
export interface Violation {
  /** Stable name of the broken rule, e.g. `UNMASKED_CLIENT_FRAME`. */
  readonly code: string;
  /** The close code that fails the connection (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** Where RFC 6455 says it, e.g. `§5.1`; one of another RFC's begins with its name. */
  readonly section: string;
  /** The rule in a few words; it also goes to the peer as the close reason, so at most 123 bytes. */
  readonly message: string;
}

/** The peer broke a rule of RFC 6455, so the connection was failed (§7.1.7). */
export class ProtocolError extends WebSocketError {
  readonly violation: Violation;
  readonly closeCode: number;
  readonly section: string;
  /** Where in the bytes received behind the opening handshake, counted from 0. */
  readonly offset: number;

  constructor(violation: Violation, offset: number, detail = '') {
    const found = detail === '' ? '' : `: ${detail}`;
    const source = violation.section.startsWith('§') ? `RFC 6455 ${violation.section}` : violation.section;
    super(`${violation.message}${found} (${source}, at byte ${offset})`, 'WS101_PROTOCOL_VIOLATION', 'peer');
    this.violation = violation;
    this.closeCode = violation.closeCode;
    this.section = violation.section;
    this.offset = offset;
  }
}

/** How far an opening handshake came before it failed. */
export type HandshakePhase = 'dns' | 'connect' | 'tls' | 'request' | 'response';

export interface HandshakeErrorDetails {
  readonly phase: HandshakePhase;
  readonly fault: Fault;
  /** Status code of the response, where one came. */
  readonly status?: number;
  /** Header lines of the response in the order and spelling received. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  /** The first bytes of the body of a response other than 101. */
  readonly body?: Uint8Array;
  /** The likely cause, and what to try. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The opening handshake failed (RFC 6455 §4); there never was a WebSocket connection. */
export class HandshakeError extends WebSocketError {
  readonly phase: HandshakePhase;
  readonly status: number | undefined;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array;
  readonly hint: string | undefined;

  constructor(message: string, details: HandshakeErrorDetails) {
    super(
      message,
      'WS101_HANDSHAKE_FAILED',
      details.fault,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.phase = details.phase;
    this.status = details.status;
    this.headers = details.headers ?? [];
    this.body = details.body ?? new Uint8Array(0);
    this.hint = details.hint;
  }
}

/** The connection ended without a closing handshake, by the network, a deadline, or `terminate()`. */
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

/** More bytes waited to be sent than `maxBufferedAmount` allows, so the connection was ended. */
export class BackpressureError extends WebSocketError {
  readonly bufferedAmount: number;

  /** @param detail what the peer took meanwhile, or why this is not its fault */
  constructor(bufferedAmount: number, limit: number, detail: string, fault: 'peer' | 'caller' = 'peer') {
    super(
      `${bufferedAmount} bytes wait to be sent, more than maxBufferedAmount (${limit}): ${detail}`,
      'WS101_BACKPRESSURE',
      fault,
    );
    this.bufferedAmount = bufferedAmount;
  }
}

/** Code of the application's threw, or returned a promise that rejected; `cause` is what it threw. */
export class HandlerError extends WebSocketError {
  /** @param kind a listener of the event `name`, or the function that was given as the option `name` */
  constructor(name: string, cause: unknown, kind: 'listener' | 'option' = 'listener') {
    const handler = kind === 'listener' ? `a listener of '${name}'` : `${name}()`;
    super(`${handler} failed: ${describeThrown(cause)}`, 'WS101_HANDLER_FAILED', 'caller', { cause });
  }
}

/** Never throws, even if `thrown` is an object whose every property does. */
function describeThrown(thrown: unknown): string {
  try {
    if (isError(thrown)) return String(thrown.message);
  } catch {
    return 'an error without a readable message';
  }
  // Not String(thrown): that throws for an object without a prototype.
  return typeof thrown === 'string' ? thrown : describeValue(thrown);
}

/** A TypeError for an argument of the wrong type: what was expected, and what came. */
export function invalidType(argument: string, expected: string, actual: unknown): TypeError & { code: ErrorCode } {
  return withCode(new TypeError(`${argument} must be ${expected}, got ${describeValue(actual)}`));
}

/** A RangeError for an argument of the right type and a wrong value. */
export function invalidValue(argument: string, expected: string, actual: unknown): RangeError & { code: ErrorCode } {
  return withCode(new RangeError(`${argument} must be ${expected}, got ${describeValue(actual)}`));
}

/** A TypeError for an option that there is not. `meant` is the one whose name is much like it. */
export function unknownOption(name: string, meant: string | undefined): TypeError & { code: ErrorCode } {
  const proposal = meant === undefined ? '' : `: did you mean '${meant}'?`;
  return withCode(new TypeError(`unknown option '${name}'${proposal}`));
}

function withCode<E extends Error>(error: E): E & { code: ErrorCode } {
  return Object.assign(error, { code: 'WS101_INVALID_ARGUMENT' as const });
}

function describeValue(value: unknown): string {
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
