import type { WebSocketConnection } from '../../connection/websocket-connection.js';
import { parseWebSocketUrl } from '../url.js';
import { CLOCK } from './clock.js';
import type { Reconnectable } from './link-of.js';
import { type PerAttempt, type ReconnectingOptions, resolveReconnectingOptions } from './options.js';
import { ReconnectingClient } from './reconnecting-client.js';

/**
 * Keeps a connection open: connects, and connects again when the connection is lost, after a random delay that grows
 * with each failure (RFC 6455 §7.2.3).
 *
 *     const client = reconnecting('wss://example.com/feed', { onOpen: connection => void connection.send('resume') });
 *     client.on('message', data => console.log(data));
 *     client.send('hello');
 *
 * @param url the URL of the server, or a function that is called for each attempt and returns the URL
 * @throws {TypeError | RangeError} if the URL or an option is wrong
 */
export function reconnecting<C extends Reconnectable = WebSocketConnection>(
  url: PerAttempt<string | URL>,
  options: ReconnectingOptions<C> = {},
): ReconnectingClient<C> {
  const settings = resolveReconnectingOptions(options);
  if (typeof url !== 'function') parseWebSocketUrl(url);
  return new ReconnectingClient<C>(url, settings, CLOCK);
}
