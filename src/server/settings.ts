import { callOption } from '../application-code.js';
import { type ConnectionSettings, checkInteger, MAX_TIME, resolveConnectionOptions } from '../connection/options.js';
import { invalidType } from '../errors.js';
import { callersHeaders, HANDSHAKE_HEADERS, type HeaderLine } from '../handshake/header-fields.js';
import type { HeadLimits } from '../handshake/http1/head-reader.js';
import { ServerHandshake } from '../handshake/http1/server-handshake.js';
import { checkSubprotocols, selectSubprotocol } from '../handshake/subprotocol.js';
import { UpgradePolicy } from '../handshake/upgrade-policy.js';
import { isThenable } from '../host-values.js';
import { checkOptionNames } from '../option-names.js';
import { type DeflateSettings, resolvePerMessageDeflate } from '../permessage-deflate/index.js';
import { WS_SERVER_OPTIONS } from '../ws-option-names.js';
import { checkListenOptions } from './accept/listen-options.js';
import type { Authorize } from './authorization.js';
import { SERVER_OPTION_NAMES, type ServerOptions } from './options.js';
import type { Respond } from './plain-response.js';
import type { PendingRequest, ServerRequest } from './requests.js';

/** The options of a server, checked, with their defaults. */
export interface ServerSettings<Context> {
  readonly connection: ConnectionSettings;
  readonly headLimits: HeadLimits;
  readonly policy: UpgradePolicy;
  /** Throws a HandlerError if the application's choice fails. */
  readonly chooseSubprotocol: (request: PendingRequest) => string | undefined;
  readonly deflate: DeflateSettings | undefined;
  readonly authorize: Authorize<Context> | undefined;
  readonly authorizeTimeout: number;
  /** Throws a HandlerError if the application's function fails, or returns headers that can't be sent. */
  readonly headers: ((request: ServerRequest) => Iterable<HeaderLine>) | undefined;
  readonly respond: Respond | undefined;
  readonly maxConnections: number;
  readonly handshakeTimeout: number;
  readonly tap: ServerOptions['tap'];
}

/**
 * Returns the options, checked, with their defaults.
 *
 * @throws {TypeError | RangeError} that names the option, the valid values and the value it had
 */
export function resolveServerOptions<Context>(options: ServerOptions<Context>): ServerSettings<Context> {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, SERVER_OPTION_NAMES, '', WS_SERVER_OPTIONS);
  checkListenOptions(options);
  const { authorize, authorizeTimeout = 10_000, handshakeTimeout = 10_000 } = options;
  const { maxConnections = Number.MAX_SAFE_INTEGER } = options;
  if (authorize !== undefined && typeof authorize !== 'function') {
    throw invalidType('authorize', 'a function', authorize);
  }
  const { respond, tap } = options;
  if (respond !== undefined && typeof respond !== 'function') throw invalidType('respond', 'a function', respond);
  if (tap !== undefined && typeof tap !== 'function') throw invalidType('tap', 'a function', tap);
  checkInteger('authorizeTimeout', authorizeTimeout, 1, MAX_TIME);
  checkInteger('handshakeTimeout', handshakeTimeout, 1, MAX_TIME);
  checkInteger('maxConnections', maxConnections, 0, Number.MAX_SAFE_INTEGER);
  const { path, origins, hosts, maxHeadSize, maxHeaderLines } = options;
  const policy = new UpgradePolicy({ path, origins, hosts });
  const headLimits = { maxHeadSize, maxHeaderLines };
  // Throws for an invalid limit now, instead of at the first client.
  new ServerHandshake(headLimits, policy);
  return {
    connection: resolveConnectionOptions(options),
    headLimits,
    policy,
    chooseSubprotocol: subprotocolChoice(options.subprotocols),
    deflate: resolvePerMessageDeflate(options.perMessageDeflate, 'server'),
    authorize,
    authorizeTimeout,
    headers: responseHeaders(options.headers),
    respond,
    maxConnections,
    handshakeTimeout,
    tap,
  };
}

function subprotocolChoice(
  subprotocols: ServerOptions['subprotocols'],
): (request: PendingRequest) => string | undefined {
  if (subprotocols === undefined) return () => undefined;
  if (typeof subprotocols === 'function') {
    return request =>
      callOption('subprotocols', 'a string or undefined', () => subprotocols(request.subprotocols, request));
  }
  const supported = checkSubprotocols(subprotocols);
  return ({ subprotocols: offered }) => selectSubprotocol(offered, supported);
}

function responseHeaders(
  headers: ServerOptions['headers'],
): ((request: ServerRequest) => Iterable<HeaderLine>) | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'function') {
    const lines = callersHeaders(headers, HANDSHAKE_HEADERS);
    return () => lines;
  }
  return request =>
    callOption('headers', 'an object or an iterable of [name, value]', () => {
      const returned = headers(request);
      // callOption() refuses a promise.
      return isThenable(returned) ? (returned as never) : callersHeaders(returned, HANDSHAKE_HEADERS);
    });
}
