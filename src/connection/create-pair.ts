import { invalidType } from '../errors.js';
import { checkOptionNames, type OptionHints, type OptionNames } from '../option-names.js';
import { memoryPair } from '../transport/memory-pair.js';
import { WS_CLIENT_OPTIONS, WS_SERVER_OPTIONS } from '../ws-option-names.js';
import { CONNECTION_OPTION_NAMES, type ConnectionOptions, resolveConnectionOptions } from './options.js';
import { WebSocketConnection } from './websocket-connection.js';

/** Options of createPair(). */
export interface PairOptions<Context = unknown> {
  /** Options of the client's connection. */
  readonly client?: ConnectionOptions | undefined;
  /** Options of the server's connection. */
  readonly server?: ConnectionOptions | undefined;
  /** The `context` of the server's connection, as if authorize() had returned it. */
  readonly context?: Context | undefined;
  /** The `subprotocol` of both connections. Default ''. */
  readonly subprotocol?: string | undefined;
}

const PAIR_OPTION_NAMES: OptionNames<PairOptions> = {
  client: true,
  server: true,
  context: true,
  subprotocol: true,
};

/**
 * Creates a client's and a server's connection that are joined in memory, for tests without sockets.
 *
 * They behave as connections over TCP do after the opening handshake: frames, masking, limits, backpressure, keepalive
 * and the closing handshake. There is no opening handshake, so nothing is compressed.
 *
 * @throws {TypeError | RangeError} if an option is wrong
 */
export function createPair<Context = unknown>(
  options: PairOptions<Context> = {},
): [client: WebSocketConnection, server: WebSocketConnection<Context>] {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, PAIR_OPTION_NAMES);
  const { client = {}, server = {}, context, subprotocol = '' } = options;
  if (typeof subprotocol !== 'string') throw invalidType('subprotocol', 'a string', subprotocol);
  const settings = {
    client: settingsOf('client', client, WS_CLIENT_OPTIONS),
    server: settingsOf('server', server, WS_SERVER_OPTIONS),
  };
  const [near, far] = memoryPair();
  const agreed = { subprotocol, extensions: '' };
  return [
    new WebSocketConnection(near, { ...agreed, role: 'client', settings: settings.client }),
    new WebSocketConnection(far, { ...agreed, role: 'server', settings: settings.server, context: context as Context }),
  ];
}

function settingsOf(name: 'client' | 'server', options: ConnectionOptions, hints: OptionHints) {
  if (typeof options !== 'object' || options === null) throw invalidType(name, 'an object', options);
  checkOptionNames(options, CONNECTION_OPTION_NAMES, `${name}.`, hints);
  return resolveConnectionOptions(options, `${name}.`);
}
