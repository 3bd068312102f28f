import { onAbort } from '../abort-signal.js';
import { type ConnectionSettings, resolveConnectionOptions } from '../connection/options.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandshakeError } from '../errors.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import type { HeaderLine } from '../handshake/header-fields.js';
import { ClientHandshake } from '../handshake/http1/client-handshake.js';
import type { ResponseHead } from '../handshake/http1/head.js';
import { makeOffers } from '../permessage-deflate/index.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { transportOf } from '../transport/transport.js';
import { transportInfo } from '../transport/transport-info.js';
import { agreedDeflate } from './compression.js';
import { type DialOptions, dial } from './dial.js';
import { HandshakeTimeout } from './failure.js';
import { openHandshake } from './open.js';
import { type ConnectOptions, type ConnectSettings, resolveConnectOptions } from './options.js';
import {
  isRedirect,
  isSameOrigin,
  notFollowed,
  redirected,
  withoutCertificate,
  withoutCredentials,
} from './redirect.js';
import { waitForTurn } from './turn.js';
import { type Destination, parseWebSocketUrl } from './url.js';

/** One try to open a connection: where to, and what to send there. */
interface Attempt {
  readonly destination: Destination;
  readonly dial: DialOptions;
  readonly headers: readonly HeaderLine[];
  readonly handshake: ClientHandshake;
  readonly redirectsLeft: number;
}

/**
 * Opens a WebSocket connection (RFC 6455 §4.1) to a ws:, wss:, ws+unix: or wss+unix: URL.
 *
 *     url ──▶ dial (DNS, TCP, TLS) ──▶ request ──▶ 101 ──▶ WebSocketConnection
 *              ▲                                    │ redirect, if `maxRedirects` allows it
 *              └────────────────────────────────────┘
 *
 * It never throws: every error is a rejection, as with fetch(). A wrong URL or option rejects before anything is opened.
 *
 * @returns the connection; messages that arrive before anyone listens are kept
 * @throws {TypeError | RangeError} if the URL or an option is wrong
 * @throws {HandshakeError} if the connection could not be opened
 * @throws the reason of `signal`, if that ended the attempt
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const settings = resolveConnectOptions(options);
  const connection = resolveConnectionOptions(options);
  const { dial: dialOptions, headers, maxRedirects, signal } = settings;
  const attempt = makeAttempt(settings, parseWebSocketUrl(url), dialOptions, headers, maxRedirects);
  if (signal?.aborted === true) throw signal.reason;
  return await open(attempt, settings, connection);
}

async function open(
  first: Attempt,
  settings: ConnectSettings,
  connection: ConnectionSettings,
): Promise<WebSocketConnection> {
  const { handshakeTimeout, signal } = settings;
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(new HandshakeTimeout(handshakeTimeout)), handshakeTimeout);
  const stopListening = onAbort(signal, () => end.abort(signal?.reason));
  try {
    let attempt = first;
    for (;;) {
      const leave = settings.oneAtATime ? await waitForTurn(attempt.destination, end.signal) : undefined;
      try {
        return await establish(attempt, settings, connection, end.signal);
      } catch (error) {
        attempt = nextAttempt(attempt, settings, error);
      } finally {
        leave?.();
      }
    }
  } catch (error) {
    // As fetch() does, and every wait of a connection's.
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

async function establish(
  attempt: Attempt,
  { tap, deflate: deflateSettings }: ConnectSettings,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<WebSocketConnection> {
  const { destination, dial: dialOptions, handshake } = attempt;
  const socket = await dial(destination, dialOptions, signal);
  const info = transportInfo(socket, destination.socketPath);
  try {
    const agreement = await openHandshake(
      { socket, info },
      handshake,
      signal,
      tap,
      () => redirectOf(attempt) !== undefined,
    );
    return new WebSocketConnection(transportOf(socket, info), {
      role: 'client',
      subprotocol: agreement.subprotocol,
      extensions: serializeExtensions(agreement.extensions),
      settings,
      head: handshake.rest,
      tap,
      deflate: agreedDeflate(agreement, deflateSettings, settings.maxMessageSize),
    });
  } catch (error) {
    // A 101 whose extension was not agreed on comes here with a socket that still stands.
    if (!socket.destroyed) socket.on('close', () => tap?.closed(error as Error)).destroy();
    throw error;
  }
}

/** The handshake of another connection is another handshake: "The nonce MUST be selected randomly for each connection" (§4.1). */
function makeAttempt(
  settings: ConnectSettings,
  destination: Destination,
  dial: DialOptions,
  callersHeaders: readonly HeaderLine[],
  redirectsLeft: number,
): Attempt {
  const headers = withAuthorization(callersHeaders, destination.authorization);
  const handshake = new ClientHandshake({
    host: destination.host,
    target: destination.target,
    subprotocols: settings.subprotocols,
    extensions: settings.deflate === undefined ? [] : makeOffers(settings.deflate),
    origin: settings.origin,
    headers,
    ...settings.headLimits,
  });
  return { destination, dial, headers, handshake, redirectsLeft };
}

/** The response that sends an attempt elsewhere, where redirects are followed. */
function redirectOf({ handshake: { response }, redirectsLeft }: Attempt): ResponseHead | undefined {
  return redirectsLeft > 0 && isRedirect(response) ? response : undefined;
}

/** The attempt that a redirect asks for, where it may be followed. @throws what the last one failed with, where not */
function nextAttempt(last: Attempt, settings: ConnectSettings, error: unknown): Attempt {
  const response = redirectOf(last);
  if (response === undefined || !(error instanceof HandshakeError)) throw error;
  const destination = redirected(last.destination, response, error);
  const isHome = isSameOrigin(last.destination, destination);
  const dial = isHome ? last.dial : withoutCertificate(last.dial);
  const headers = isHome ? last.headers : withoutCredentials(last.headers);
  try {
    return makeAttempt(settings, destination, dial, headers, last.redirectsLeft - 1);
  } catch (cause) {
    // URL lets characters pass in a host that HTTP does not.
    throw notFollowed('which cannot be asked for by HTTP', response, error, cause);
  }
}

/** Credentials in the URL, unless the caller gave some as a header. */
function withAuthorization(headers: readonly HeaderLine[], authorization: string | undefined): readonly HeaderLine[] {
  const isGiven = headers.some(([name]) => name.toLowerCase() === 'authorization');
  return isGiven || authorization === undefined ? headers : [...headers, ['Authorization', authorization]];
}
