import type { TlsOptions } from 'node:tls';
import { invalidType, invalidValue, rangeError } from '../../errors.js';
import type { DialOptions, HeaderInput } from '../../index.js';
import { checkOptionNames, type OptionNames } from '../../option-names.js';
import type { WireEvent } from '../../wire/index.js';

/** Where a tap listens. */
export interface TapListenOptions {
  /** The port. Default 0: a free one. */
  readonly port?: number | undefined;
  /** The address. Default 127.0.0.1, which only programs of this machine reach. */
  readonly host?: string | undefined;
  /** Options of node:tls, at least `cert` and `key`. They make this end a server for wss. */
  readonly tls?: TlsOptions | undefined;
}

/** A client that is connected to a tap. */
export interface TappedConnection {
  /** Counts from 1. */
  readonly id: number;
  /** The address and port of the client. */
  readonly client: string | undefined;
  /** The address and port of the server; undefined if it could not be reached. */
  readonly server: string | undefined;
  /** Whether the tap reaches the server by TLS. */
  readonly isTls: boolean;
  /** When the server was reached, in milliseconds since 1970. */
  readonly time: number;
}

/** Options of tap(). `tls`, `socket` and `proxy` are for the connections to the target. */
export interface TapOptions extends DialOptions {
  /** The server: a ws:, wss:, http:, https:, ws+unix: or wss+unix: URL. */
  readonly target: string | URL;
  readonly listen?: TapListenOptions | undefined;
  /** Headers of the request to the target. Each replaces those that the client sent with the same name. */
  readonly headers?: HeaderInput | undefined;
  /** The value of Origin. By default that of the client, unless it is the tap itself: then that of the target. */
  readonly origin?: string | undefined;
  /** How many bytes pass each way, a second. Unlimited by default. */
  readonly bytesPerSecond?: number | undefined;
  /** How much later each byte arrives, in milliseconds. Default 0. */
  readonly delay?: number | undefined;
  /**
   * Resets both connections after so many bytes of frames, both directions together, or so many milliseconds after the
   * server was reached.
   */
  readonly cutAfter?: { readonly bytes?: number | undefined; readonly time?: number | undefined } | undefined;
  /** Whether Pong frames are left out, in both directions. Default false. */
  readonly dropPongs?: boolean | undefined;
  /** Called when the server was reached, or could not be reached, before the events of the connection. */
  readonly onOpen?: ((connection: TappedConnection) => void) | undefined;
  /**
   * Called with what the tap passes on. Copy the bytes that you keep. While a promise that it returned is pending,
   * nothing more is read in that direction.
   */
  readonly onEvent?: ((connection: number, event: WireEvent) => Promise<void> | undefined) | undefined;
  /** Called with what the tap does beyond passing on, such as dropping a Pong, or a server that cannot be reached. */
  readonly onNote?: ((connection: number, note: string) => void) | undefined;
}

const NAMES: OptionNames<TapOptions> = {
  target: true,
  listen: true,
  headers: true,
  origin: true,
  socket: true,
  tls: true,
  proxy: true,
  bytesPerSecond: true,
  delay: true,
  cutAfter: true,
  dropPongs: true,
  onOpen: true,
  onEvent: true,
  onNote: true,
};
const LISTEN_NAMES: OptionNames<TapListenOptions> = { port: true, host: true, tls: true };
const CUT_NAMES: OptionNames<NonNullable<TapOptions['cutAfter']>> = { bytes: true, time: true };

const MAX_TIME = 2 ** 31 - 1;

/** @throws {TypeError | RangeError} that names the option, what it may be and what it was */
export function checkTapOptions(options: TapOptions): void {
  checkObject('options', options, NAMES);
  const { listen = {}, cutAfter = {}, origin, dropPongs, bytesPerSecond, delay } = options;
  checkObject('listen', listen, LISTEN_NAMES, 'listen.');
  checkObject('cutAfter', cutAfter, CUT_NAMES, 'cutAfter.');
  checkNumber('listen.port', listen.port, 0, 65_535);
  checkNumber('bytesPerSecond', bytesPerSecond, 1, Number.MAX_SAFE_INTEGER);
  checkNumber('delay', delay, 0, MAX_TIME);
  checkNumber('cutAfter.bytes', cutAfter.bytes, 0, Number.MAX_SAFE_INTEGER);
  checkNumber('cutAfter.time', cutAfter.time, 0, MAX_TIME);
  if (listen.host !== undefined && typeof listen.host !== 'string') {
    throw invalidType('listen.host', 'a string', listen.host);
  }
  if (origin !== undefined && typeof origin !== 'string') throw invalidType('origin', 'a string', origin);
  // The value becomes a line of the request.
  if (origin !== undefined && !/^[\x21-\x7e]+$/.test(origin)) {
    throw rangeError(`origin must be printable ASCII without spaces, got ${JSON.stringify(origin)}`);
  }
  if (dropPongs !== undefined && typeof dropPongs !== 'boolean') throw invalidType('dropPongs', 'a boolean', dropPongs);
  for (const name of ['onOpen', 'onEvent', 'onNote'] as const) {
    const listener = options[name];
    if (listener !== undefined && typeof listener !== 'function') throw invalidType(name, 'a function', listener);
  }
}

function checkObject(name: string, value: object, names: Readonly<Record<string, true>>, prefix = ''): void {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
  checkOptionNames(value, names, prefix);
}

function checkNumber(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalidValue(name, `an integer from ${min} to ${max}`, value);
  }
}
