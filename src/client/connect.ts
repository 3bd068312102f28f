import type { Socket } from 'node:net';
import { type ConnectionSettings, resolveConnectionOptions } from '../connection/options.js';
import { transportInfo } from '../connection/transport-info.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { HandshakeError } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import { ClientHandshake } from '../handshake/client-handshake.js';
import { serializeExtensions } from '../handshake/extension-header.js';
import type { HeaderLine } from '../handshake/http-head.js';
import { dial } from './dial.js';
import { openHandshake } from './open.js';
import { type ConnectOptions, type ConnectSettings, resolveConnectOptions } from './options.js';
import { headersFor, isRedirect, redirected } from './redirect.js';
import { type Destination, parseWebSocketUrl } from './url.js';

/** One try to open a connection: where to, and what to send there. */
interface Attempt {
  readonly destination: Destination;
  readonly headers: readonly HeaderLine[];
  readonly redirectsLeft: number;
}

/**
 * Opens a WebSocket connection (RFC 6455 §4.1) to a ws:, wss:, ws+unix: or wss+unix: URL.
 *
 *     url ──▶ dial (DNS, TCP, TLS) ──▶ request ──▶ 101 ──▶ WebSocketConnection
 *                                        ▲          │ redirect, where they are followed
 *                                        └──────────┘
 *
 * @returns the connection; messages that come before it is listened to are kept
 * @throws {TypeError | RangeError} at once, where the URL or an option cannot be
 * @throws {HandshakeError} by rejection, where the connection could not be opened
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const settings = resolveConnectOptions(options);
  const connection = resolveConnectionOptions(options);
  const destination = parseWebSocketUrl(url);
  const headers = withAuthorization(settings.headers, destination.authorization);
  const attempt: Attempt = { destination, headers, redirectsLeft: settings.maxRedirects };
  // Made here already, so that what the caller did wrong throws before anything is opened.
  return open(attempt, makeHandshake(attempt, settings), settings, connection);
}

async function open(
  first: Attempt,
  firstHandshake: ClientHandshake,
  settings: ConnectSettings,
  connection: ConnectionSettings,
): Promise<WebSocketConnection> {
  const deadline = new AbortController();
  const message = `the opening handshake took more than ${settings.handshakeTimeout} ms (handshakeTimeout)`;
  const timer = setTimeout(() => deadline.abort(new Error(message)), settings.handshakeTimeout);
  const forward = () => deadline.abort(settings.signal?.reason);
  if (settings.signal?.aborted === true) forward();
  else settings.signal?.addEventListener('abort', forward, { once: true });
  try {
    let attempt = first;
    let handshake = firstHandshake;
    for (;;) {
      const socket = await dial(attempt.destination, settings.dial, deadline.signal);
      try {
        const agreement = await openHandshake(socket, handshake, deadline.signal, settings.tap);
        return liveConnection(socket, agreement, handshake, settings, connection);
      } catch (error) {
        attempt = nextAttempt(attempt, handshake, error);
        // "a new key each time": the handshake of another connection is another handshake (§4.1).
        handshake = makeHandshake(attempt, settings);
      }
    }
  } finally {
    clearTimeout(timer);
    settings.signal?.removeEventListener('abort', forward);
  }
}

function makeHandshake({ destination, headers }: Attempt, settings: ConnectSettings): ClientHandshake {
  return new ClientHandshake({
    host: destination.host,
    target: destination.target,
    subprotocols: settings.subprotocols,
    origin: settings.origin,
    headers,
    ...settings.headLimits,
  });
}

/** The attempt that a redirect asks for, where it may be followed. @throws what the last one failed with, where not */
function nextAttempt(attempt: Attempt, { response }: ClientHandshake, error: unknown): Attempt {
  if (attempt.redirectsLeft === 0 || !(error instanceof HandshakeError) || !isRedirect(response)) throw error;
  if (error.fault !== 'peer') throw error;
  const destination = redirected(attempt.destination, response, error);
  const headers = withAuthorization(
    headersFor(attempt.destination, destination, attempt.headers),
    destination.authorization,
  );
  return { destination, headers, redirectsLeft: attempt.redirectsLeft - 1 };
}

/** Credentials in the URL, unless the caller gave some as a header. */
function withAuthorization(headers: readonly HeaderLine[], authorization: string | undefined): readonly HeaderLine[] {
  const isGiven = headers.some(([name]) => name.toLowerCase() === 'authorization');
  return isGiven || authorization === undefined ? headers : [...headers, ['Authorization', authorization]];
}

function liveConnection(
  socket: Socket,
  agreement: Agreement,
  handshake: ClientHandshake,
  settings: ConnectSettings,
  connection: ConnectionSettings,
): WebSocketConnection {
  return new WebSocketConnection(socket, {
    role: 'client',
    subprotocol: agreement.subprotocol,
    extensions: serializeExtensions(agreement.extensions),
    transport: transportInfo(socket),
    settings: connection,
    head: handshake.rest,
    tap: settings.tap,
  });
}
