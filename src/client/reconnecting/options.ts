import { checkSignal } from '../../abort-signal.js';
import { checkInteger, MAX_TIME } from '../../connection/options.js';
import type { WebSocketConnection } from '../../connection/websocket-connection.js';
import { invalidType, invalidValue } from '../../errors.js';
import { checkOptionNames, type OptionNames, type WithDefaults } from '../../option-names.js';
import type { ConnectOptions } from '../options.js';
import type { Backoff } from './backoff.js';
import type { ConnectionFailure } from './connection-failure.js';
import type { HeartbeatOptions } from './heartbeat.js';
import type { Reconnectable } from './link-of.js';
import { hostNetwork, type NetworkStatus } from './network-status.js';
import type { QueueLimits, QueuePolicy } from './unsent-queue.js';

/** One attempt to connect, for the functions among the arguments of reconnecting(). */
export interface ReconnectAttempt {
  /** 1 for the first attempt. */
  readonly number: number;
  /** Why there is no connection; undefined in the first attempt. */
  readonly lastFailure: ConnectionFailure | undefined;
  /** Aborted when the client closes, and when `attemptTimeout` is over. */
  readonly signal: AbortSignal;
}

/** A value, or a function that is called for each attempt and returns one. */
export type PerAttempt<T> = T | ((attempt: ReconnectAttempt) => T | Promise<T>);

/** Options of reconnecting(). Times are in milliseconds, sizes in bytes. */
export interface ReconnectingOptions<C extends Reconnectable = WebSocketConnection> {
  /** Options of connect(), or a function that returns them for each attempt, for example with a fresh token. */
  readonly connect?: PerAttempt<ConnectOptions> | undefined;
  /**
   * Opens a connection, or returns a W3C WebSocket that is opening. It must give up when `options.signal` is aborted.
   * Default: connect().
   */
  readonly open?: ((url: string | URL, options: ConnectOptions) => C | Promise<C>) | undefined;
  /**
   * Called with each new connection before the queue of unsent messages is sent, for example to log in or to resume a
   * session. If it throws or rejects, the attempt has failed.
   */
  readonly onOpen?: ((connection: C, attempt: ReconnectAttempt) => unknown) | undefined;
  /**
   * Decides whether another attempt follows a failure.
   *
   * @param usual the decision without this option
   */
  readonly isRetryable?: ((failure: ConnectionFailure, usual: boolean) => boolean) | undefined;
  /**
   * The longest wait before the first attempt after a connection was lost. The wait is a random part of it, so that
   * clients do not all return at once. Default 5 s, as RFC 6455 §7.2.3 suggests.
   */
  readonly initialDelay?: number | undefined;
  /** Each failure doubles the longest wait, up to this. Default 30 s. */
  readonly maxDelay?: number | undefined;
  /** How long a connection must have been open for earlier failures to be forgotten. Default 5 s. */
  readonly stableAfter?: number | undefined;
  /** How long one attempt may take, including the functions that are called for it. Default 30 s. */
  readonly attemptTimeout?: number | undefined;
  /** How many messages may wait for a connection. 0 keeps none. Default 1,024. */
  readonly maxQueuedMessages?: number | undefined;
  /** How many bytes of messages may wait for a connection. Default 1 MiB. */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * The behaviour of send() if the queue is full: `'reject'` throws a WebSocketError with the code WS101_BACKPRESSURE,
   * `'drop-oldest'` drops the oldest messages, `'keep'` keeps the queue as it is and drops the new message. Default
   * `'reject'`.
   */
  readonly whenQueueFull?: QueuePolicy | undefined;
  /**
   * Whether the host has a network. Without one, no attempt is made. Default: `navigator.onLine` and the events of the
   * host, if it has them.
   */
  readonly network?: NetworkStatus | undefined;
  /** A heartbeat, for a W3C WebSocket. A WebSocketConnection has `pingInterval`. Default: none. */
  readonly heartbeat?: HeartbeatOptions | undefined;
  /** Closes the client. */
  readonly signal?: AbortSignal | undefined;
}

export const RECONNECTING_OPTION_NAMES: OptionNames<ReconnectingOptions> = {
  connect: true,
  open: true,
  onOpen: true,
  isRetryable: true,
  initialDelay: true,
  maxDelay: true,
  stableAfter: true,
  attemptTimeout: true,
  maxQueuedMessages: true,
  maxQueuedBytes: true,
  whenQueueFull: true,
  network: true,
  heartbeat: true,
  signal: true,
};

/** The checked options, with defaults for those that are missing. */
export interface ReconnectingSettings<C extends Reconnectable> extends Backoff, QueueLimits {
  readonly connect: PerAttempt<ConnectOptions>;
  readonly open: ReconnectingOptions<C>['open'];
  readonly onOpen: ReconnectingOptions<C>['onOpen'];
  readonly isRetryable: ReconnectingOptions<C>['isRetryable'];
  readonly stableAfter: number;
  readonly attemptTimeout: number;
  readonly network: NetworkStatus | undefined;
  readonly heartbeat: WithDefaults<HeartbeatOptions> | undefined;
  readonly signal: AbortSignal | undefined;
}

const QUEUE_POLICIES: readonly unknown[] = ['reject', 'drop-oldest', 'keep'];

/**
 * Returns the options, checked, with their defaults.
 *
 * @throws {TypeError | RangeError} that names the option, the valid values and the value it had
 */
export function resolveReconnectingOptions<C extends Reconnectable>(
  options: ReconnectingOptions<C>,
): ReconnectingSettings<C> {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, RECONNECTING_OPTION_NAMES);
  const {
    connect = {},
    open,
    onOpen,
    isRetryable,
    initialDelay = 5_000,
    maxDelay = 30_000,
    stableAfter = 5_000,
    attemptTimeout = 30_000,
    maxQueuedMessages = 1_024,
    maxQueuedBytes = 1024 * 1024,
    whenQueueFull = 'reject',
    network = hostNetwork(),
    heartbeat,
    signal,
  } = options;
  if ((typeof connect !== 'object' && typeof connect !== 'function') || connect === null) {
    throw invalidType('connect', 'an object or a function that returns one', connect);
  }
  for (const [name, value] of Object.entries({ open, onOpen, isRetryable })) {
    if (value !== undefined && typeof value !== 'function') throw invalidType(name, 'a function', value);
  }
  checkInteger('initialDelay', initialDelay, 0, MAX_TIME);
  checkInteger('maxDelay', maxDelay, 0, MAX_TIME);
  checkInteger('stableAfter', stableAfter, 0, MAX_TIME);
  checkInteger('attemptTimeout', attemptTimeout, 1, MAX_TIME);
  checkInteger('maxQueuedMessages', maxQueuedMessages, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('maxQueuedBytes', maxQueuedBytes, 0, Number.MAX_SAFE_INTEGER);
  if (!QUEUE_POLICIES.includes(whenQueueFull)) {
    const expected = "'reject', 'drop-oldest' or 'keep'";
    throw typeof whenQueueFull === 'string'
      ? invalidValue('whenQueueFull', expected, whenQueueFull)
      : invalidType('whenQueueFull', expected, whenQueueFull);
  }
  if (network !== undefined && !isNetworkStatus(network)) {
    throw invalidType('network', 'an EventTarget with onLine', network);
  }
  checkSignal(signal);
  return {
    connect,
    open,
    onOpen,
    isRetryable,
    initialDelay,
    maxDelay,
    stableAfter,
    attemptTimeout,
    maxQueuedMessages,
    maxQueuedBytes,
    whenQueueFull,
    network,
    heartbeat: heartbeat && resolveHeartbeat(heartbeat),
    signal,
  };
}

function isNetworkStatus(value: unknown): value is NetworkStatus {
  const { onLine, addEventListener, removeEventListener } = Object(value) as Partial<NetworkStatus>;
  return [typeof onLine, typeof addEventListener, typeof removeEventListener].join() === 'boolean,function,function';
}

const HEARTBEAT_OPTION_NAMES: OptionNames<HeartbeatOptions> = { message: true, interval: true, timeout: true };

function resolveHeartbeat(options: HeartbeatOptions): WithDefaults<HeartbeatOptions> {
  if (typeof options !== 'object' || options === null) throw invalidType('heartbeat', 'an object', options);
  checkOptionNames(options, HEARTBEAT_OPTION_NAMES, 'heartbeat.');
  const { message, interval = 20_000, timeout = 20_000 } = options;
  if (typeof message !== 'function') throw invalidType('heartbeat.message', 'a function', message);
  checkInteger('heartbeat.interval', interval, 1, MAX_TIME);
  checkInteger('heartbeat.timeout', timeout, 1, MAX_TIME);
  return { message, interval, timeout };
}
