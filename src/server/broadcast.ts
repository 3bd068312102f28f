import { booleanAnswer } from '../application-code.js';
import type { Sendable } from '../connection/payload.js';
import { type PreparedMessage, toPrepared } from '../connection/prepared-message.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { invalidType } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';

/** Options of `broadcast()`. */
export interface BroadcastOptions<Context = unknown> {
  /**
   * The connections that get the message, for example those in a room. Connections that have closed are skipped. By
   * default all connections of the server.
   */
  // Its type does not contain Context, so that a server with any context can be passed as a WebSocketServer.
  readonly to?: Iterable<WebSocketConnection> | undefined;
  /**
   * Returns true for each open connection that gets the message, and false for the others. It is called for all of them
   * before anything is sent.
   */
  readonly filter?: ((connection: WebSocketConnection<Context>) => boolean) | undefined;
}

const BROADCAST_OPTION_NAMES: OptionNames<BroadcastOptions> = { to: true, filter: true };

/** Sends a message to each open connection in `to` that passes the filter. Returns to how many. */
export function broadcast<Context>(
  connections: ReadonlySet<WebSocketConnection<Context>>,
  data: Exclude<Sendable, Blob> | PreparedMessage,
  options: BroadcastOptions<Context>,
): number {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, BROADCAST_OPTION_NAMES);
  const { to, filter } = options;
  if (filter !== undefined && typeof filter !== 'function') throw invalidType('filter', 'a function', filter);
  const message = toPrepared(data);
  const named = to === undefined ? connections : namedIn(to, connections);
  const chosen = filter === undefined ? named : [...named].filter(one => passes(filter, one));
  let count = 0;
  for (const connection of chosen) {
    if (connection.state !== 'open') continue;
    connection.send(message);
    // The message may have exceeded maxBufferedAmount, which ends the connection.
    if (connection.state === 'open') count++;
  }
  return count;
}

/**
 * Returns the connections in `to`, each once.
 *
 * @throws {TypeError} if `to` contains anything but connections of this server, open or closed
 */
function namedIn<Context>(
  to: Iterable<WebSocketConnection>,
  connections: ReadonlySet<WebSocketConnection<Context>>,
): ReadonlySet<WebSocketConnection<Context>> {
  if (typeof Object(to)[Symbol.iterator] !== 'function') throw invalidType('to', 'an iterable of connections', to);
  const named = new Set(to as Iterable<WebSocketConnection<Context>>);
  for (const one of named) {
    if (connections.has(one) || Object(one).state === 'closed') continue;
    throw invalidType('to', 'an iterable of connections of this server', one);
  }
  return named;
}

function passes<Context>(
  filter: NonNullable<BroadcastOptions<Context>['filter']>,
  connection: WebSocketConnection<Context>,
): boolean {
  return connection.state === 'open' && booleanAnswer('filter', filter(connection));
}
