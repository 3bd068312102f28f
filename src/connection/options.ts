import { invalidType, invalidValue } from '../errors.js';
import type { OptionNames } from '../option-names.js';
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_MESSAGE_SIZE } from '../protocol/protocol.js';

/** What a connection may be told, by connect() and by a server alike. Times are in milliseconds, sizes in bytes. */
export interface ConnectionOptions {
  /** The most bytes of one incoming message, all fragments together. Default 16 MiB; more fails the connection with 1009. */
  readonly maxMessageSize?: number;
  /** The most fragments of one incoming message, empty ones too. Default 131,072; more fails the connection with 1008. */
  readonly maxFragments?: number;
  /** With more than this waiting to be sent, send() returns false and `drain` follows. Default 64 KiB. */
  readonly highWaterMark?: number;
  /**
   * The most that may wait for the peer before a turn of the event loop that sends more: then the connection is terminated, and also if
   * the peer takes nothing for 10 s while more than this waits. What one turn adds is exempt until it has left. Default 16 MiB.
   */
  readonly maxBufferedAmount?: number;
  /** A Ping goes out after this long without a byte from the peer, or taken by it. Default 20 s; 0 for none. */
  readonly pingInterval?: number;
  /** How long the peer has to answer a keepalive Ping, by any byte that it sends or takes. Default 20 s. */
  readonly pingTimeout?: number;
  /**
   * How long the closing handshake may take from when our Close frame has left; before that, how long the peer may take nothing. Bytes in
   * either direction restart it, up to ten times in all. Default 10 s.
   */
  readonly closeTimeout?: number;
  /** The most messages kept for an application that does not take them; then reading stops. Default 1,024. */
  readonly maxUnreadMessages?: number;
  /** The most bytes kept likewise. Default 64 KiB; one message more may come on top. */
  readonly maxUnreadBytes?: number;
  /** How long reading may stop, without a message being taken, before the connection is terminated. Default 60 s; 0 for ever. */
  readonly unreadTimeout?: number;
  /** 'discard' drops incoming messages unseen, for an endpoint that only sends. Default 'keep'. */
  readonly incoming?: 'keep' | 'discard';
  /**
   * `false` leaves Pings to the application, which must answer each `ping` event with pong(payload): "an endpoint MUST send a Pong frame in
   * response" (RFC 6455 §5.5.2). Default true.
   */
  readonly autoPong?: boolean;
}

export const CONNECTION_OPTION_NAMES: OptionNames<ConnectionOptions> = {
  maxMessageSize: true,
  maxFragments: true,
  highWaterMark: true,
  maxBufferedAmount: true,
  pingInterval: true,
  pingTimeout: true,
  closeTimeout: true,
  maxUnreadMessages: true,
  maxUnreadBytes: true,
  unreadTimeout: true,
  incoming: true,
  autoPong: true,
};

/** Every option with its value: one object for all connections of a server. */
export type ConnectionSettings = Required<ConnectionOptions>;

export const CONNECTION_DEFAULTS: ConnectionSettings = Object.freeze({
  maxMessageSize: DEFAULT_MAX_MESSAGE_SIZE,
  maxFragments: DEFAULT_MAX_FRAGMENTS,
  highWaterMark: 65_536,
  maxBufferedAmount: 16 * 1024 * 1024,
  pingInterval: 20_000,
  pingTimeout: 20_000,
  closeTimeout: 10_000,
  maxUnreadMessages: 1_024,
  maxUnreadBytes: 65_536,
  unreadTimeout: 60_000,
  incoming: 'keep',
  autoPong: true,
});

/** The longest time that setTimeout() takes, in milliseconds. */
export const MAX_TIME: number = 2 ** 31 - 1;

/** The least and the greatest value of each number. */
const RANGES: {
  readonly [name in Exclude<keyof ConnectionSettings, 'incoming' | 'autoPong'>]: readonly [number, number];
} = {
  maxMessageSize: [0, Number.MAX_SAFE_INTEGER],
  maxFragments: [1, Number.MAX_SAFE_INTEGER],
  highWaterMark: [0, Number.MAX_SAFE_INTEGER],
  maxBufferedAmount: [0, Number.MAX_SAFE_INTEGER],
  pingInterval: [0, MAX_TIME],
  pingTimeout: [1, MAX_TIME],
  closeTimeout: [1, MAX_TIME],
  maxUnreadMessages: [1, Number.MAX_SAFE_INTEGER],
  maxUnreadBytes: [0, Number.MAX_SAFE_INTEGER],
  unreadTimeout: [0, MAX_TIME],
};

/**
 * The options with the defaults in the gaps. Other properties are passed over: they are for those who take these options among theirs.
 *
 * @throws {TypeError | RangeError} naming the option, what it may be and what it was
 */
export function resolveConnectionOptions(options: ConnectionOptions): ConnectionSettings {
  const settings: Record<string, unknown> = { ...CONNECTION_DEFAULTS };
  for (const [name, [least, greatest]] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (value === undefined) continue;
    checkInteger(name, value, least, greatest);
    settings[name] = value;
  }
  if (options.incoming !== undefined) {
    if (typeof options.incoming !== 'string') throw invalidType('incoming', "'keep' or 'discard'", options.incoming);
    if (options.incoming !== 'keep' && options.incoming !== 'discard') {
      throw invalidValue('incoming', "'keep' or 'discard'", options.incoming);
    }
    settings.incoming = options.incoming;
  }
  if (options.autoPong !== undefined) {
    if (typeof options.autoPong !== 'boolean') throw invalidType('autoPong', 'a boolean', options.autoPong);
    settings.autoPong = options.autoPong;
  }
  return Object.freeze(settings as unknown as ConnectionSettings);
}

/** @throws {TypeError | RangeError} where `value` is no integer from `least` to `greatest` */
export function checkInteger(name: string, value: unknown, least: number, greatest: number): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw invalidValue(name, `an integer from ${least} to ${greatest}`, value);
  }
}
