import { onAbort } from '../abort-signal.js';
import { HANDSHAKES, type HandshakeDiagnostic } from '../connection/diagnostics.js';
import { type ConnectionSettings, resolveConnectionOptions } from '../connection/options.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandshakeError } from '../errors.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import type { HeaderLine } from '../handshake/header-fields.js';
import { ClientHandshake } from '../handshake/http1/client-handshake.js';
import type { ResponseHead } from '../handshake/http1/head.js';
import { makeOffers } from '../permessage-deflate/index.js';
import { clearTimeout, now, setTimeout } from '../timers.js';
import { callDial } from './call-dial.js';
import { agreedDeflate } from './compression.js';
import { type DialOptions, dial } from './dial.js';
import { amended, HandshakeTimeout, messageOf } from './failure.js';
import { openHandshake } from './open.js';
import { type ConnectOptions, type ConnectSettings, resolveConnectOptions } from './options.js';
import { isRedirect, isSameOrigin, redirected, withoutCertificate, withoutCredentials } from './redirect.js';
import { waitForEarlierAttempts } from './serial-attempts.js';
import { type Destination, parseWebSocketUrl, type WebSocketUrl } from './url.js';

/** One attempt to open a connection. A redirect leads to another one. */
interface Attempt {
  readonly destination: Destination;
  readonly dialOptions: DialOptions;
  readonly headers: readonly HeaderLine[];
  readonly handshake: ClientHandshake;
  readonly redirectsLeft: number;
  /** The URLs of the attempts that led to this one. */
  readonly redirectedFrom: readonly string[];
}

/**
 * Opens a WebSocket connection (RFC 6455 §4.1) to a ws:, wss:, ws+unix: or wss+unix: URL.
 *
 *     url ──▶ dial (DNS, TCP, TLS) ──▶ request ──▶ 101 ──▶ WebSocketConnection
 *              ▲                                    │ redirect, if `maxRedirects` allows it
 *              └────────────────────────────────────┘
 *
 * It never throws: every error is a rejection, as with fetch(). A wrong URL or option rejects before anything is
 * opened.
 *
 * @returns the connection. Messages that arrive before anyone listens are kept
 * @throws {TypeError | RangeError} if the URL or an option is wrong
 * @throws {HandshakeError} if the connection could not be opened
 * @throws the reason of `signal`, if it ended the attempt
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const settings = resolveConnectOptions(options);
  const connection = resolveConnectionOptions(options);
  const { dialOptions, headers, maxRedirects, signal } = settings;
  const start = { dialOptions, headers, redirectsLeft: maxRedirects, redirectedFrom: [] };
  const attempt = makeAttempt(settings, parseWebSocketUrl(url), start);
  if (signal?.aborted === true) throw signal.reason;
  if (!HANDSHAKES.hasSubscribers) return await open(attempt, settings, connection);
  return await published(attempt.destination.href, open(attempt, settings, connection));
}

/** Publishes the result of an opening handshake, and returns it. */
async function published(url: string, opening: Promise<WebSocketConnection>): Promise<WebSocketConnection> {
  const start = now();
  const publish = (result: Pick<HandshakeDiagnostic, 'connection' | 'status' | 'reason' | 'error'>) =>
    HANDSHAKES.publish({ role: 'client', url, ...result, duration: now() - start });
  try {
    const connection = await opening;
    publish({ connection, status: 101, reason: undefined, error: undefined });
    return connection;
  } catch (error) {
    const status = error instanceof HandshakeError ? error.status : undefined;
    publish({ connection: undefined, status, reason: messageOf(error), error });
    throw error;
  }
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
  let attempt = first;
  try {
    for (;;) {
      const done = settings.oneAtATime ? await waitForTurn(attempt, settings, end.signal) : undefined;
      try {
        return await establish(attempt, settings, connection, end.signal);
      } catch (error) {
        attempt = nextAttempt(attempt, settings, error);
      } finally {
        done?.();
      }
    }
  } catch (error) {
    // Rejects with the reason itself, as fetch() and the methods of a connection do.
    throw signal?.aborted === true ? signal.reason : withPath(error, attempt);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function waitForTurn(attempt: Attempt, settings: ConnectSettings, signal: AbortSignal): Promise<() => void> {
  // Only the built-in dialer is known to use DNS. With a proxy, perhaps only the proxy can resolve the name.
  const { socket = {}, proxy } = attempt.dialOptions;
  const lookup = settings.dial === dial && proxy === undefined ? socket : undefined;
  return waitForEarlierAttempts(attempt.destination, lookup, signal);
}

async function establish(
  attempt: Attempt,
  { dial, tap, deflate: deflateSettings }: ConnectSettings,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<WebSocketConnection> {
  const { destination, dialOptions, handshake } = attempt;
  const transport = await callDial(dial, destination, signal, dialOptions);
  const { agreement, deflate } = await openHandshake(transport, {
    handshake,
    url: destination.href,
    signal,
    tap,
    agreeOnDeflate: agreement => agreedDeflate(agreement, deflateSettings, settings.maxMessageSize),
    isHeadEnough: () => redirectOf(attempt) !== undefined,
  });
  return new WebSocketConnection(transport, {
    role: 'client',
    subprotocol: agreement.subprotocol,
    extensions: serializeExtensions(agreement.extensions),
    response: { status: 101, headers: agreement.headers },
    settings,
    head: handshake.rest,
    tap,
    deflate,
  });
}

/** Each connection needs a handshake of its own: "The nonce MUST be selected randomly for each connection" (§4.1). */
function makeAttempt(
  settings: ConnectSettings,
  { authorization, ...destination }: WebSocketUrl,
  start: Omit<Attempt, 'destination' | 'handshake'>,
): Attempt {
  const headers = withAuthorization(start.headers, authorization);
  const handshake = new ClientHandshake({
    host: destination.host,
    target: destination.target,
    subprotocols: settings.subprotocols,
    extensions: settings.deflate === undefined ? [] : makeOffers(settings.deflate),
    origin: settings.origin,
    headers,
    ...settings.headLimits,
  });
  return { ...start, destination, headers, handshake };
}

/** Returns the response that redirects an attempt, if redirects are still followed. */
function redirectOf({ handshake: { response }, redirectsLeft }: Attempt): ResponseHead | undefined {
  return redirectsLeft > 0 && isRedirect(response) ? response : undefined;
}

/**
 * Returns the attempt that a redirect asks for.
 *
 * @throws `error` if there is none, or a HandshakeError if it must not be followed
 */
function nextAttempt(last: Attempt, settings: ConnectSettings, error: unknown): Attempt {
  const response = redirectOf(last);
  if (response === undefined || !(error instanceof HandshakeError)) throw error;
  const url = redirected(last.destination, response, error);
  const staysInOrigin = isSameOrigin(last.destination, url);
  const dialOptions = staysInOrigin ? last.dialOptions : withoutCertificate(last.dialOptions);
  const headers = staysInOrigin ? last.headers : withoutCredentials(last.headers);
  return makeAttempt(settings, url, {
    dialOptions,
    headers,
    redirectsLeft: last.redirectsLeft - 1,
    redirectedFrom: [...last.redirectedFrom, last.destination.href],
  });
}

/** Adds the redirects that led to an attempt. An error of a class that a dial function defines stays as it is. */
function withPath(error: unknown, { redirectedFrom }: Attempt): unknown {
  const isOurs = error instanceof HandshakeError && error.constructor === HandshakeError;
  return isOurs && redirectedFrom.length > 0 ? amended(error, { redirectedFrom }) : error;
}

/** Adds the credentials of the URL, unless the application passed an Authorization header. */
function withAuthorization(headers: readonly HeaderLine[], authorization: string | undefined): readonly HeaderLine[] {
  const isGiven = headers.some(([name]) => name.toLowerCase() === 'authorization');
  return isGiven || authorization === undefined ? headers : [...headers, ['Authorization', authorization]];
}
