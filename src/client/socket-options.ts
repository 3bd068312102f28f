import net from 'node:net';
import { checkInteger, MAX_TIME } from '../connection/options.js';
import { invalidType, invalidValue } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';

/** Options of the TCP socket. Options that `net.connect()` also has mean the same there. Times are in milliseconds. */
export interface SocketOptions {
  /**
   * Looks up host names instead of `dns.lookup()`, with the same signature. It is asked for all addresses of a name.
   */
  readonly lookup?: net.LookupFunction | undefined;
  /** 4 or 6 for one address family only. By default, and with 0, the addresses of both are raced (RFC 8305). */
  readonly family?: 0 | 4 | 6 | undefined;
  /** The local IP address to connect from. */
  readonly localAddress?: string | undefined;
  /** The local port to connect from. */
  readonly localPort?: number | undefined;
  /** Enables TCP keepalive. Default false: `pingInterval` also finds peers that are gone. */
  readonly keepAlive?: boolean | undefined;
  /** How long the socket must be idle before the first TCP keepalive probe. Default: the setting of the system. */
  readonly keepAliveInitialDelay?: number | undefined;
  /**
   * How long an address may take to answer before the next one is tried as well (RFC 8305 §5). Default 250. The slow
   * attempt goes on: `handshakeTimeout` limits all of them together.
   */
  readonly attemptDelay?: number | undefined;
}

export const SOCKET_OPTION_NAMES: OptionNames<SocketOptions> = {
  lookup: true,
  family: true,
  localAddress: true,
  localPort: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
  attemptDelay: true,
};

/** "Connection Attempt Delay": the value that RFC 8305 §8 recommends. */
export const DEFAULT_ATTEMPT_DELAY = 250;
/** The least value that RFC 8305 §8 allows. */
const MIN_ATTEMPT_DELAY = 10;

/**
 * Checks the option `socket`.
 *
 * @returns a copy
 * @throws {TypeError | RangeError} that names the option, what it may be and what it was
 */
export function checkSocketOptions(options: SocketOptions): SocketOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidType('socket', 'an object of options', options);
  }
  checkOptionNames(options, SOCKET_OPTION_NAMES, 'socket.');
  const { lookup, family, localAddress, localPort, keepAlive, keepAliveInitialDelay, attemptDelay } = options;
  if (lookup !== undefined && typeof lookup !== 'function') throw invalidType('socket.lookup', 'a function', lookup);
  if (family !== undefined) checkFamily(family);
  if (localAddress !== undefined) checkLocalAddress(localAddress, family);
  if (localPort !== undefined) checkInteger('socket.localPort', localPort, 0, 65_535);
  if (keepAlive !== undefined && typeof keepAlive !== 'boolean') {
    throw invalidType('socket.keepAlive', 'a boolean', keepAlive);
  }
  if (keepAliveInitialDelay !== undefined) {
    checkInteger('socket.keepAliveInitialDelay', keepAliveInitialDelay, 0, MAX_TIME);
  }
  if (attemptDelay !== undefined) checkInteger('socket.attemptDelay', attemptDelay, MIN_ATTEMPT_DELAY, MAX_TIME);
  return { ...options };
}

function checkFamily(family: unknown): void {
  if (typeof family !== 'number') throw invalidType('socket.family', '0, 4 or 6', family);
  if (family !== 0 && family !== 4 && family !== 6) throw invalidValue('socket.family', '0, 4 or 6', family);
}

function checkLocalAddress(localAddress: unknown, family: number | undefined): void {
  if (typeof localAddress !== 'string') throw invalidType('socket.localAddress', 'an IP address', localAddress);
  const actual = net.isIP(localAddress);
  if (actual === 0) throw invalidValue('socket.localAddress', 'an IP address', localAddress);
  if (family && actual !== family) {
    const expected = `an IPv${family} address, since socket.family is ${family}`;
    throw invalidValue('socket.localAddress', expected, localAddress);
  }
}
