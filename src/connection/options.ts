import { invalidType, invalidValue } from '../errors.js';
import type { OptionNames, WithDefaults } from '../option-names.js';
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_MESSAGE_SIZE } from '../protocol/options.js';

/** The options of a connection, for connect() and WebSocketServer. Times are in milliseconds, sizes in bytes. */
export interface ConnectionOptions {
  /**
   * The maximum size of one incoming message in bytes, all fragments together. A larger one fails the connection with
   * 1009. Default 16 MiB.
   */
  readonly maxMessageSize?: number | undefined;
  /**
   * The maximum number of fragments in one incoming message, including empty ones. More of them fail the connection
   * with 1008. Default 131,072.
   */
  readonly maxFragments?: number | undefined;
  /** If more bytes than this wait to be sent, send() returns false and `drain` follows. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /**
   * The maximum number of bytes that may wait for the peer. The connection is terminated if more are sent while more
   * than this waited before the current turn of the event loop, or if the peer takes nothing for 10 s while more than
   * this waits. Bytes that one turn adds are exempt until they have left. Default 16 MiB.
   */
  readonly maxBufferedAmount?: number | undefined;
  /** A Ping is sent if the peer has neither sent nor taken a byte for this long. 0 sends no Pings. Default 20 s. */
  readonly pingInterval?: number | undefined;
  /**
   * How long the peer may take to answer a keepalive Ping. Any byte that it sends or takes counts as an answer. Default
   * 20 s.
   */
  readonly pingTimeout?: number | undefined;
  /**
   * How long the peer may take to answer our Close frame. Before the frame has left, how long the peer may make no
   * progress. Bytes in either direction restart the time, up to ten times in all. Default 10 s.
   */
  readonly closeTimeout?: number | undefined;
  /** How many messages are kept until the application takes them. Reading stops at this limit. Default 1,024. */
  readonly maxUnreadMessages?: number | undefined;
  /**
   * How many bytes of messages are kept until the application takes them. One message may exceed this limit. Default 64
   * KiB.
   */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * The connection is terminated if reading has stopped and the application takes no message for this long. 0 waits
   * forever. Default 60 s.
   */
  readonly unreadTimeout?: number | undefined;
  /** 'discard' drops incoming messages, for an endpoint that only sends. Default 'keep'. */
  readonly incoming?: 'keep' | 'discard' | undefined;
  /**
   * `false` leaves Pings to the application, which must answer each `ping` event with pong(payload): "an endpoint MUST
   * send a Pong frame in response" (RFC 6455 §5.5.2). Default true.
   */
  readonly autoPong?: boolean | undefined;
  /**
   * 'buffer' delivers text as a Buffer of UTF-8, checked but not decoded, for example to pass it on or to parse it
   * without a string. A `message` listener then tells text from binary by its second argument, and messages() by
   * `type`. Default 'string'.
   */
  readonly text?: 'string' | 'buffer' | undefined;
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
  text: true,
};

/** The value of every option. All connections of a server share one object. */
export type ConnectionSettings = WithDefaults<ConnectionOptions>;

/** The value of every connection option that is left out. */
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
  text: 'string',
});

/** The longest time that setTimeout() takes, in milliseconds. */
export const MAX_TIME: number = 2 ** 31 - 1;

/** The minimum and the maximum of each number. */
const RANGES: {
  readonly [name in Exclude<keyof ConnectionSettings, 'incoming' | 'autoPong' | 'text'>]: readonly [number, number];
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
 * Returns the options, with defaults for those that are missing. Other properties are ignored, because callers have
 * options of their own.
 *
 * @param prefix the prefix of option names in errors, such as `client.`
 * @throws {TypeError | RangeError} that names the option, the valid values and the value it had
 */
export function resolveConnectionOptions(options: ConnectionOptions, prefix = ''): ConnectionSettings {
  const settings: Record<string, unknown> = { ...CONNECTION_DEFAULTS };
  for (const [name, [least, greatest]] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (value === undefined) continue;
    checkInteger(`${prefix}${name}`, value, least, greatest);
    settings[name] = value;
  }
  if (options.incoming !== undefined) {
    if (typeof options.incoming !== 'string')
      throw invalidType(`${prefix}incoming`, "'keep' or 'discard'", options.incoming);
    if (options.incoming !== 'keep' && options.incoming !== 'discard') {
      throw invalidValue(`${prefix}incoming`, "'keep' or 'discard'", options.incoming);
    }
    settings.incoming = options.incoming;
  }
  if (options.text !== undefined) {
    if (typeof options.text !== 'string') throw invalidType(`${prefix}text`, "'string' or 'buffer'", options.text);
    if (options.text !== 'string' && options.text !== 'buffer') {
      throw invalidValue(`${prefix}text`, "'string' or 'buffer'", options.text);
    }
    settings.text = options.text;
  }
  if (options.autoPong !== undefined) {
    if (typeof options.autoPong !== 'boolean') throw invalidType(`${prefix}autoPong`, 'a boolean', options.autoPong);
    settings.autoPong = options.autoPong;
  }
  return Object.freeze(settings as unknown as ConnectionSettings);
}

/** @throws {TypeError | RangeError} unless `value` is an integer from `least` to `greatest` */
export function checkInteger(name: string, value: unknown, least: number, greatest: number): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw invalidValue(name, `an integer from ${least} to ${greatest}`, value);
  }
}
