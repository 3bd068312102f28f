import { checkSignal } from '../abort-signal.js';
import { CONNECTION_OPTION_NAMES, type ConnectionOptions, checkInteger, MAX_TIME } from '../connection/options.js';
import { invalidType } from '../errors.js';
import { type HeaderInput, type HeaderLine, toHeaderFields } from '../handshake/header-fields.js';
import { HEAD_LIMIT_NAMES, type HeadLimits } from '../handshake/http1/head-reader.js';
import { checkSubprotocols } from '../handshake/subprotocol.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import {
  type DeflateSettings,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../permessage-deflate/index.js';
import { checkTap, guardTap, type WireTap } from '../transport/wire-tap.js';
import { WS_CLIENT_OPTIONS } from '../ws-option-names.js';
import { checkDialOptions, DIAL_OPTION_NAMES, type Dial, type DialOptions, dial as defaultDial } from './dial.js';

/** Options of connect(). */
export interface ConnectOptions extends ConnectionOptions, DialOptions, HeadLimits {
  /** Opens the transport. Default: dial(), which connects by TCP, TLS and Unix domain sockets. */
  readonly dial?: Dial | undefined;
  /** Subprotocols to offer, the preferred one first (RFC 6455 §1.9). */
  readonly subprotocols?: readonly string[] | undefined;
  /** Extra headers for the request, such as Authorization and Cookie. */
  readonly headers?: HeaderInput | undefined;
  /** The Origin header, which browsers send. Default: none. */
  readonly origin?: string | undefined;
  /** Compression by permessage-deflate (RFC 7692): true, or options. Default false. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Ends the attempt: connect() rejects with its reason. It does nothing once the connection is open. */
  readonly signal?: AbortSignal | undefined;
  /** How long DNS, TCP, TLS, the opening handshake and redirects may take together, in milliseconds. Default 10 s. */
  readonly handshakeTimeout?: number | undefined;
  /**
   * How many redirects to follow, 0 to 5. Default 0. Never from wss to ws, and without credentials to another origin.
   */
  readonly maxRedirects?: number | undefined;
  /**
   * Whether attempts to one address wait for each other, so that only one at a time is in the state CONNECTING (RFC
   * 6455 §4.1). Default false: the rule is to keep web pages from flooding a host, but a program that opens many
   * connections does so on purpose. The wait counts towards `handshakeTimeout`.
   */
  readonly oneAtATime?: boolean | undefined;
  /** An object that sees every byte on the wire. */
  readonly tap?: WireTap | undefined;
}

export const CONNECT_OPTION_NAMES: OptionNames<ConnectOptions> = {
  ...CONNECTION_OPTION_NAMES,
  ...DIAL_OPTION_NAMES,
  ...HEAD_LIMIT_NAMES,
  dial: true,
  subprotocols: true,
  headers: true,
  origin: true,
  perMessageDeflate: true,
  signal: true,
  handshakeTimeout: true,
  maxRedirects: true,
  oneAtATime: true,
  tap: true,
};

/** The checked options, with defaults for those that are missing. */
export interface ConnectSettings {
  readonly dial: Dial;
  readonly dialOptions: DialOptions;
  readonly subprotocols: readonly string[];
  readonly headers: readonly HeaderLine[];
  readonly origin: string | undefined;
  readonly deflate: DeflateSettings | undefined;
  readonly signal: AbortSignal | undefined;
  readonly handshakeTimeout: number;
  readonly maxRedirects: number;
  readonly oneAtATime: boolean;
  readonly headLimits: HeadLimits;
  readonly tap: WireTap | undefined;
}

/** @throws {TypeError | RangeError} that names the option, what it may be and what it was */
export function resolveConnectOptions(options: ConnectOptions): ConnectSettings {
  // The WebSocket of browsers has its subprotocols in this position.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidType('options', 'an object', options);
  }
  checkOptionNames(options, CONNECT_OPTION_NAMES, '', WS_CLIENT_OPTIONS);
  const {
    dial,
    handshakeTimeout = 10_000,
    maxRedirects = 0,
    oneAtATime = false,
    signal,
    tap,
    maxHeadSize,
    maxHeaderLines,
    origin,
    subprotocols = [],
  } = options;
  if (dial !== undefined && typeof dial !== 'function') throw invalidType('dial', 'a function', dial);
  if (tap !== undefined) checkTap(tap);
  if (origin !== undefined && typeof origin !== 'string') throw invalidType('origin', 'a string', origin);
  checkSignal(signal);
  checkInteger('handshakeTimeout', handshakeTimeout, 1, MAX_TIME);
  checkInteger('maxRedirects', maxRedirects, 0, 5);
  if (typeof oneAtATime !== 'boolean') throw invalidType('oneAtATime', 'a boolean', oneAtATime);
  return {
    dial: dial ?? defaultDial,
    dialOptions: checkDialOptions(options),
    subprotocols: checkSubprotocols(subprotocols),
    headers: toHeaderFields(options.headers).lines,
    origin,
    deflate: resolvePerMessageDeflate(options.perMessageDeflate, 'client'),
    signal,
    handshakeTimeout,
    maxRedirects,
    oneAtATime,
    headLimits: { maxHeadSize, maxHeaderLines },
    tap: tap && guardTap(tap),
  };
}
