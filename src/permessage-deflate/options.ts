/** The options of permessage-deflate, with their checks and defaults. */
import { invalidType, invalidValue } from '../errors.js';
import { checkOptionNames, type OptionNames, type WithDefaults } from '../option-names.js';
import { WS_DEFLATE_OPTIONS } from '../ws-option-names.js';

/** The sizes of an LZ77 window in RFC 7692 §7.1.2, as the base-2 logarithm of its bytes. */
export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;

/** zlib cannot deflate with a window of 8 bits. It silently uses 9. */
export const MIN_DEFLATE_WINDOW_BITS = 9;

/**
 * Options of permessage-deflate. The first four are the parameters of RFC 7692 §7.1: `server…` concerns messages from
 * the server, `client…` messages from the client. An endpoint applies an option to its own messages, and requests it
 * for those of its peer.
 */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server compresses each message by itself, without referring to earlier ones. Default: true on a server,
   * false on a client.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Whether the client compresses each message by itself. Default: true on a server, false on a client. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** The largest window of the server, in bits: 8 to 15, or 9 to 15 on a server. Default: 15. */
  readonly serverMaxWindowBits?: number | undefined;
  /** The largest window of the client, in bits: 8 to 15, or 9 to 15 on a client. Default: 15. */
  readonly clientMaxWindowBits?: number | undefined;
  /**
   * Messages of fewer bytes are sent uncompressed. Default: 0 with context takeover for sent messages, otherwise 1,024.
   */
  readonly threshold?: number | undefined;
  /** The compression level of zlib, from 0 (none) to 9 (best and slowest). Default: 6. */
  readonly level?: number | undefined;
  /** How much memory zlib uses to compress a message, from 1 to 9. Default: 8, about 260 KiB. */
  readonly memLevel?: number | undefined;
}

export const PERMESSAGE_DEFLATE_OPTION_NAMES: OptionNames<PerMessageDeflateOptions> = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: true,
  clientMaxWindowBits: true,
  threshold: true,
  level: true,
  memLevel: true,
};

/** All options with their values. The connections of a server share one object. */
export interface DeflateSettings extends WithDefaults<Omit<PerMessageDeflateOptions, 'threshold'>> {
  /** Undefined if not set: the default depends on what the handshake agrees on. */
  readonly threshold: number | undefined;
}

type FlagName = 'serverNoContextTakeover' | 'clientNoContextTakeover';

/**
 * With context takeover, a connection keeps up to 32 KiB in each direction. A client has few connections. A server has
 * many, so by default it keeps no context in either direction. Memory does not depend on the size of the window until
 * it is filled, so the largest is the default.
 */
function defaultsOf(role: 'client' | 'server'): DeflateSettings {
  return {
    serverNoContextTakeover: role === 'server',
    clientNoContextTakeover: role === 'server',
    serverMaxWindowBits: MAX_WINDOW_BITS,
    clientMaxWindowBits: MAX_WINDOW_BITS,
    threshold: undefined,
    level: 6,
    memLevel: 8,
  };
}

/**
 * Checks the option `perMessageDeflate` and adds the defaults. Returns undefined if compression is off.
 *
 * @throws {TypeError | RangeError} that names the option
 */
export function resolvePerMessageDeflate(
  option: boolean | PerMessageDeflateOptions | undefined,
  role: 'client' | 'server',
): DeflateSettings | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === null || (option !== true && typeof option !== 'object') || Array.isArray(option)) {
    throw invalidType('perMessageDeflate', 'a boolean or an object', option);
  }
  if (option !== true)
    checkOptionNames(option, PERMESSAGE_DEFLATE_OPTION_NAMES, 'perMessageDeflate.', WS_DEFLATE_OPTIONS);
  const given = Object.entries(option === true ? {} : option).filter(([, value]) => value !== undefined);
  const wanted: DeflateSettings = { ...defaultsOf(role), ...Object.fromEntries(given) };
  const minBitsOf = (sender: 'client' | 'server') => (sender === role ? MIN_DEFLATE_WINDOW_BITS : MIN_WINDOW_BITS);
  const flag = (name: FlagName) => checkFlag(name, wanted[name]);
  const integer = (name: Exclude<keyof DeflateSettings, FlagName>, min: number, max: number) =>
    checkInteger(name, wanted[name], min, max);
  return Object.freeze({
    serverNoContextTakeover: flag('serverNoContextTakeover'),
    clientNoContextTakeover: flag('clientNoContextTakeover'),
    serverMaxWindowBits: integer('serverMaxWindowBits', minBitsOf('server'), MAX_WINDOW_BITS),
    clientMaxWindowBits: integer('clientMaxWindowBits', minBitsOf('client'), MAX_WINDOW_BITS),
    threshold: wanted.threshold === undefined ? undefined : integer('threshold', 0, Number.MAX_SAFE_INTEGER),
    level: integer('level', 0, 9),
    memLevel: integer('memLevel', 1, 9),
  });
}

function checkFlag(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(`perMessageDeflate.${name}`, 'a boolean', value);
  return value;
}

/** zlib silently replaces NaN by its default, so it only gets numbers in range. */
function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidType(`perMessageDeflate.${name}`, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalidValue(`perMessageDeflate.${name}`, `an integer from ${min} to ${max}`, value);
  }
  return value;
}
