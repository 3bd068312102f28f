/** What the caller may ask of permessage-deflate, and what holds where the caller says nothing. */
import { invalidType, invalidValue } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { WS_DEFLATE_OPTIONS } from '../ws-option-names.js';

/** The sizes of an LZ77 window that RFC 7692 §7.1.2 knows, as the base-2 logarithm of its bytes. */
export const LEAST_WINDOW_BITS = 8;
export const GREATEST_WINDOW_BITS = 15;

/** zlib cannot deflate with a window of 8 bits: asked for it, it takes 9 in silence. */
export const LEAST_DEFLATE_WINDOW_BITS = 9;

/**
 * The first four bear the names of the parameters of RFC 7692 §7.1; the prefix says whose messages they are about: `server…` the
 * way from server to client, `client…` the way back. An endpoint that sets one asks for it, or, about its own messages, keeps to it.
 */
export interface PerMessageDeflateOptions {
  /** Whether every message of the server's stands alone, instead of referring to earlier ones. Default true on a server, false on a client. */
  readonly serverNoContextTakeover?: boolean;
  /** Whether every message of the client's stands alone. Default true on a server, false on a client. */
  readonly clientNoContextTakeover?: boolean;
  /** The most bits of the server's window, 8 to 15; on a server itself 9 to 15. Default 15. */
  readonly serverMaxWindowBits?: number;
  /** The most bits of the client's window, 8 to 15; on a client itself 9 to 15. Default 15. */
  readonly clientMaxWindowBits?: number;
  /** Messages of fewer bytes leave uncompressed. Default 0 if the context for sending is taken over, otherwise 1,024. */
  readonly threshold?: number;
  /** How hard zlib tries, 0 (not at all) to 9 (its best, and slowest). Default 6. */
  readonly level?: number;
  /** How much memory zlib takes while it deflates, 1 to 9. Default 8: about 260 KiB for each message being deflated. */
  readonly memLevel?: number;
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

/** Every option with its value: one object for all connections of a server. */
export interface DeflateSettings extends Required<Omit<PerMessageDeflateOptions, 'threshold'>> {
  /** Undefined if the caller set none: the default depends on what the connection agrees on. */
  readonly threshold: number | undefined;
}

type FlagName = 'serverNoContextTakeover' | 'clientNoContextTakeover';

/**
 * A context that is taken over must be kept for as long as the connection lives: at most 32 KiB each way, with windows of any size, so
 * the greatest is the default. A client has few connections, but a server has many: it keeps none, in either direction,
 * unless its own options ask for it.
 */
function defaultsOf(role: 'client' | 'server'): DeflateSettings {
  return {
    serverNoContextTakeover: role === 'server',
    clientNoContextTakeover: role === 'server',
    serverMaxWindowBits: GREATEST_WINDOW_BITS,
    clientMaxWindowBits: GREATEST_WINDOW_BITS,
    threshold: undefined,
    level: 6,
    memLevel: 8,
  };
}

/**
 * The options with the defaults in the gaps; undefined where compression is off.
 *
 * @throws {TypeError | RangeError} naming the option, what it may be and what it was
 */
export function resolvePerMessageDeflate(
  option: boolean | PerMessageDeflateOptions | undefined,
  role: 'client' | 'server',
): DeflateSettings | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === null || (option !== true && typeof option !== 'object') || Array.isArray(option)) {
    throw invalidType('perMessageDeflate', 'a boolean or an object of options', option);
  }
  if (option !== true)
    checkOptionNames(option, PERMESSAGE_DEFLATE_OPTION_NAMES, 'perMessageDeflate.', WS_DEFLATE_OPTIONS);
  const given = Object.entries(option === true ? {} : option).filter(([, value]) => value !== undefined);
  const wanted: DeflateSettings = { ...defaultsOf(role), ...Object.fromEntries(given) };
  const leastBitsOf = (sender: 'client' | 'server') =>
    sender === role ? LEAST_DEFLATE_WINDOW_BITS : LEAST_WINDOW_BITS;
  const flag = (name: FlagName) => checkFlag(name, wanted[name]);
  const integer = (name: Exclude<keyof DeflateSettings, FlagName>, least: number, greatest: number) =>
    checkInteger(name, wanted[name], least, greatest);
  return Object.freeze({
    serverNoContextTakeover: flag('serverNoContextTakeover'),
    clientNoContextTakeover: flag('clientNoContextTakeover'),
    serverMaxWindowBits: integer('serverMaxWindowBits', leastBitsOf('server'), GREATEST_WINDOW_BITS),
    clientMaxWindowBits: integer('clientMaxWindowBits', leastBitsOf('client'), GREATEST_WINDOW_BITS),
    threshold: wanted.threshold === undefined ? undefined : integer('threshold', 0, Number.MAX_SAFE_INTEGER),
    level: integer('level', 0, 9),
    memLevel: integer('memLevel', 1, 9),
  });
}

function checkFlag(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(`perMessageDeflate.${name}`, 'a boolean', value);
  return value;
}

/** zlib takes NaN for its default in silence, so nothing but a number in range goes on to it. */
function checkInteger(name: string, value: unknown, least: number, greatest: number): number {
  if (typeof value !== 'number') throw invalidType(`perMessageDeflate.${name}`, 'a number', value);
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw invalidValue(`perMessageDeflate.${name}`, `an integer from ${least} to ${greatest}`, value);
  }
  return value;
}
