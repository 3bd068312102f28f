import type { Duplex } from 'node:stream';
import { MOST_EXTENSIONS } from '../connection/close-deadline.js';
import { checkInteger, MAX_TIME } from '../connection/options.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { invalidType } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import { encodeClosePayload } from '../framing/close-payload.js';
import { Refusal } from '../handshake/refusal.js';
import { checkOptionNames, type OptionNames, type WithDefaults } from '../option-names.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { CLOSE_EVENT_TIME, destroySocket } from '../transport/socket-owner.js';
import type { Listener } from './accept/listener.js';
import type { PendingHandshake } from './opening-handshake.js';

/** Options of WebSocketServer's `close()`. */
export interface ServerCloseOptions {
  /** The close code for the connections. Default 1001, "going away". */
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  /**
   * Connections that have not closed after this many milliseconds are terminated. Default: ten times `closeTimeout`,
   * the longest that closing takes if the peer makes progress. If the peer makes none, its connection is terminated
   * after `closeTimeout`.
   */
  readonly timeout?: number | undefined;
}

const CLOSE_OPTION_NAMES: OptionNames<ServerCloseOptions> = { code: true, reason: true, timeout: true };

/**
 * Returns the options of close(), checked, with their defaults.
 *
 * @throws {TypeError | RangeError} if an option is unknown or invalid
 */
export function resolveCloseOptions(
  options: ServerCloseOptions,
  closeTimeout: number,
): WithDefaults<ServerCloseOptions> {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, CLOSE_OPTION_NAMES);
  const longest = Math.min(MAX_TIME, MOST_EXTENSIONS * closeTimeout);
  const { code = CLOSE_CODE.GOING_AWAY, reason = '', timeout = longest } = options;
  encodeClosePayload(code, reason);
  checkInteger('timeout', timeout, 0, MAX_TIME);
  return { code, reason, timeout };
}

/** Returns the refusal of a request while the server shuts down. */
export function closingRefusal(): Refusal {
  return new Refusal(503, { detail: 'This server is shutting down.' });
}

/** The open parts of a server. */
export interface OpenParts {
  readonly listener: Listener | undefined;
  readonly clients: ReadonlySet<WebSocketConnection>;
  readonly pending: ReadonlySet<PendingHandshake>;
  readonly refusedSockets: ReadonlySet<Duplex>;
}

/** Closes everything that is open. Resolves when it has closed, or shortly after the timeout. */
export async function shutDown(
  { listener, clients, pending, refusedSockets }: OpenParts,
  { code, reason, timeout }: WithDefaults<ServerCloseOptions>,
): Promise<void> {
  const listenerClosed = listener?.close();
  for (const handshake of [...pending]) handshake.refuse(closingRefusal());
  const closed = Promise.all([listenerClosed, ...Array.from(clients, connection => connection.close(code, reason))]);
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<void>(resolve => {
    timer = setTimeout(() => {
      for (const connection of clients) connection.terminate();
      for (const socket of refusedSockets) destroySocket(socket);
      listener?.destroyTls();
      // After this time, nothing else will close.
      timer = setTimeout(resolve, 2 * CLOSE_EVENT_TIME);
    }, timeout);
  });
  await Promise.race([closed, overdue]);
  clearTimeout(timer);
}
