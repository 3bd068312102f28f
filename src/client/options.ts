import net from 'node:net';
import { checkSignal } from '../abort-signal.js';
import { CONNECTION_OPTION_NAMES, type ConnectionOptions, checkInteger, MAX_TIME } from '../connection/options.js';
import { invalidType, invalidValue } from '../errors.js';
import { type HeaderInput, type HeaderLine, toHeaderFields } from '../handshake/header-fields.js';
import { HEAD_LIMIT_NAMES, type HeadLimits } from '../handshake/http1/head-reader.js';
import { checkSubprotocols } from '../handshake/subprotocol.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import {
  type DeflateSettings,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../permessage-deflate/index.js';
import { guardTap, type WireTap } from '../transport/wire-tap.js';
import { WS_CLIENT_OPTIONS } from '../ws-option-names.js';
import { DIAL_OPTION_NAMES, type DialOptions } from './dial.js';

export interface ConnectOptions extends ConnectionOptions, DialOptions, HeadLimits {
  /** Subprotocols to offer, the preferred one first (RFC 6455 §1.9). */
  readonly subprotocols?: readonly string[];
  /** More headers for the request, such as Authorization and Cookie. */
  readonly headers?: HeaderInput;
  /** The Origin header: what a browser would send. None if left out. */
  readonly origin?: string;
  /** Compression by permessage-deflate (RFC 7692): true, or how. Off if left out. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Ends the attempt: connect() rejects with its reason. Once the connection stands, it does nothing any more. */
  readonly signal?: AbortSignal;
  /** How long it may take until the connection stands: DNS, TCP, TLS and redirects included. Default 10 s. */
  readonly handshakeTimeout?: number;
  /** Redirects to follow, 0 to 5. Default 0. Never from wss to ws; credentials stay behind where the origin changes. */
  readonly maxRedirects?: number;
  /**
   * Whether attempts to one address wait for each other, so that only one at a time is in the state CONNECTING (RFC 6455 §4.1). Default
   * false: the rule keeps web pages from flooding a host, and a program that opens many connections means to. The wait counts
   * for `handshakeTimeout`.
   */
  readonly oneAtATime?: boolean;
  /** Looks on while bytes go over the wire. */
  readonly tap?: WireTap;
}

export const CONNECT_OPTION_NAMES: OptionNames<ConnectOptions> = {
  ...CONNECTION_OPTION_NAMES,
  ...DIAL_OPTION_NAMES,
  ...HEAD_LIMIT_NAMES,
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

/** The options, checked, with the defaults in the gaps, and the headers in one list. */
export interface ConnectSettings {
  readonly dial: DialOptions;
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

const TAP_METHODS = ['connected', 'sent', 'received', 'ended', 'closed'] as const;

/** @throws {TypeError | RangeError} naming the option, what it may be and what it was */
export function resolveConnectOptions(options: ConnectOptions): ConnectSettings {
  // A browser's WebSocket takes its subprotocols in this place.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidType('options', 'an object', options);
  }
  checkOptionNames(options, CONNECT_OPTION_NAMES, '', WS_CLIENT_OPTIONS);
  const {
    family,
    localAddress,
    tls,
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
  if (family !== undefined && typeof family !== 'number') throw invalidType('family', '0, 4 or 6', family);
  if (family !== undefined && family !== 0 && family !== 4 && family !== 6)
    throw invalidValue('family', '0, 4 or 6', family);
  if (localAddress !== undefined && typeof localAddress !== 'string') {
    throw invalidType('localAddress', 'an IP address', localAddress);
  }
  if (localAddress !== undefined && net.isIP(localAddress) === 0) {
    throw invalidValue('localAddress', 'an IP address', localAddress);
  }
  if (family && localAddress !== undefined && net.isIP(localAddress) !== family) {
    throw invalidValue('localAddress', `an IPv${family} address, since family is ${family}`, localAddress);
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw invalidType('tls', 'an object', tls);
  for (const name of ['path', 'socket', 'lookup'] as const) {
    if (tls?.[name] === undefined) continue;
    throw invalidType('tls', `without ${name}, since the url says where to connect`, tls[name]);
  }
  if (tap !== undefined && TAP_METHODS.some(name => typeof tap?.[name] !== 'function')) {
    throw invalidType('tap', `a WireTap with ${TAP_METHODS.join(', ')}`, tap);
  }
  if (origin !== undefined && typeof origin !== 'string') throw invalidType('origin', 'a string', origin);
  checkSignal(signal);
  checkInteger('handshakeTimeout', handshakeTimeout, 1, MAX_TIME);
  checkInteger('maxRedirects', maxRedirects, 0, 5);
  if (typeof oneAtATime !== 'boolean') throw invalidType('oneAtATime', 'a boolean', oneAtATime);
  return {
    dial: {
      ...(family === undefined ? {} : { family }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(tls === undefined ? {} : { tls }),
    },
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
