import { booleanAnswer } from '../application-code.js';
import type { Sendable } from '../connection/payload.js';
import { type PreparedMessage, toPrepared } from '../connection/prepared-message.js';
import type { WebSocketConnection } from '../connection/websocket-connection.js';
import { invalidType } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';

/** Options of `broadcast()`. */
export interface BroadcastOptions<Context = unknown> {
  /**
   * Returns for each open connection whether it gets the message: true or false. Called for all before anything is
   * sent.
   */
  readonly filter?: ((connection: WebSocketConnection<Context>) => boolean) | undefined;
}

const BROADCAST_OPTION_NAMES: OptionNames<BroadcastOptions> = { filter: true };

/** Sends a message to each open connection that passes the filter. Returns to how many. */
export function broadcast<Context>(
  connections: ReadonlySet<WebSocketConnection<Context>>,
  data: Exclude<Sendable, Blob> | PreparedMessage,
  options: BroadcastOptions<Context>,
): number {
  checkOptionNames(options, BROADCAST_OPTION_NAMES);
  const { filter } = options;
  if (filter !== undefined && typeof filter !== 'function') throw invalidType('filter', 'a function', filter);
  const message = toPrepared(data);
  let count = 0;
  const chosen = filter === undefined ? connections : [...connections].filter(one => passes(filter, one));
  for (const connection of chosen) {
    if (connection.state !== 'open') continue;
    connection.send(message);
    // The message may have exceeded maxBufferedAmount, which ends the connection.
    if (connection.state === 'open') count++;
  }
  return count;
}

function passes<Context>(
  filter: NonNullable<BroadcastOptions<Context>['filter']>,
  connection: WebSocketConnection<Context>,
): boolean {
  return connection.state === 'open' && booleanAnswer('filter', filter(connection));
}
