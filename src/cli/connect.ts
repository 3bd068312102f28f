import {
  type ConnectOptions,
  HandshakeError,
  connect as open,
  type WebSocketConnection,
  type WireTap,
} from '../index.js';
import { type Paint, PLAIN, WireTrace } from '../wire/index.js';
import { failureReport } from './close-report.js';
import { COLORS, usesColor } from './colors.js';
import { columnsOf } from './columns.js';
import { type ConnectArguments, parseConnectArguments } from './connect-arguments.js';
import { startEcho, urlOf } from './echo.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js';
import { CONNECT_HELP } from './help.js';
import { inspectClient } from './inspected.js';
import { onInterruption } from './interruptions.js';
import { isArgumentError, usageErrorOf } from './library-error.js';
import { connectMisbehaving } from './misbehave.js';
import { hasMisbehave } from './misbehave-arguments.js';
import { checkReadable, tlsOptions } from './option-file.js';
import { Session } from './session.js';
import { type StandardStreams, Terminal } from './terminal.js';

/** How long the closing handshake may take, in milliseconds. */
const CLOSE_TIMEOUT = 4_000;

/** As many as the library follows. */
const MAX_REDIRECTS = 5;

/** `ws101 connect`: an interactive client. */
export async function connect(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  if (hasMisbehave(args)) return await connectMisbehaving(args, streams);
  const options = parseConnectArguments(args);
  if (options === 'help') {
    streams.stdout.write(CONNECT_HELP);
    return EXIT.OK;
  }
  if (options.file !== undefined && options.file !== '-') checkReadable('--file', options.file);
  if (options.url !== undefined) return await converse(options.url, options, streams);
  const server = await startEcho({ host: '127.0.0.1', port: 0, perMessageDeflate: options.compress });
  try {
    return await converse(urlOf(server, false), options, streams);
  } finally {
    await server.close();
  }
}

async function converse(url: string, options: ConnectArguments, streams: StandardStreams): Promise<ExitCode> {
  const terminal = new Terminal(streams);
  const paint = usesColor(streams.stderr, process.env) ? COLORS : PLAIN;
  const session = new Session(terminal, streams, paint, options);
  const trace = options.trace ? wireTrace(terminal, paint, () => columnsOf(streams.stderr, process.env)) : undefined;
  const inspected = options.inspect ? await inspectClient('ws101 connect') : undefined;
  const page = inspected?.page;
  const taps: Partial<WireTap>[] = [{ received: bytes => session.received(bytes) }];
  if (trace !== undefined) taps.push(trace.tap);
  if (inspected !== undefined) taps.push(inspected.tap);
  const opening = open(url, {
    ...libraryOptions(options),
    ...(inspected === undefined ? {} : { dial: inspected.dial }),
    signal: session.signal,
    tap: joinedTap(taps),
  });
  try {
    await checkUsage(opening);
  } catch (error) {
    await page?.close();
    throw error;
  }
  const stopListening = onInterruption(() => session.interrupt());
  try {
    const whose = options.url === undefined ? ' (built-in echo server)' : '';
    if (page !== undefined) session.status(`inspector: ${page.url}`);
    session.status(`init: connecting to ${withoutPassword(url)}${whose}`);
    if (options.insecure) session.status('--insecure: the certificate is not verified');
    if (session.isInteractive) terminal.openPrompt(session);
    const connection = await opening;
    const opened = openedStatus(connection.subprotocol, options.subprotocols);
    session.status(session.isInteractive ? `${opened} (/help lists the commands, Ctrl-D closes)` : opened);
    const info = await session.run(connection, withoutPassword(url));
    return session.hasFailed ? EXIT.FAILURE : exitCodeOf(info);
  } catch (error) {
    const isGivenUp = session.signal.aborted;
    if (!isGivenUp && !(error instanceof HandshakeError)) throw error;
    await trace?.ended();
    terminal.close();
    const [why, ...more] = isGivenUp
      ? ['canceled before the connection was open']
      : failureReport(error as HandshakeError);
    session.failed(isGivenUp ? { summary: why! } : (error as HandshakeError));
    session.status(`closed: ${why}`);
    for (const line of more) session.status(line);
    return EXIT.FAILURE;
  } finally {
    terminal.close();
    stopListening();
    await page?.close();
  }
}

/** Returns a tap that calls several. */
function joinedTap(taps: readonly Partial<WireTap>[]): WireTap {
  const each = (call: (tap: Partial<WireTap>) => void): void => {
    for (const tap of taps) call(tap);
  };
  return {
    connected: transport => each(tap => tap.connected?.(transport)),
    sent: bytes => each(tap => tap.sent?.(bytes)),
    received: bytes => each(tap => tap.received?.(bytes)),
    ended: by => each(tap => tap.ended?.(by)),
    closed: error => each(tap => tap.closed?.(error)),
  };
}

function openedStatus(agreed: string, offered: readonly string[]): string {
  if (agreed !== '') return `opened: subprotocol ${agreed}`;
  return offered.length === 0 ? 'opened' : 'opened: no subprotocol agreed on';
}

/**
 * @throws {UsageError} if the url or an option is wrong: the promise is then rejected already, and nothing was opened
 */
async function checkUsage(opening: Promise<WebSocketConnection>): Promise<void> {
  try {
    await Promise.race([opening, undefined]);
  } catch (error) {
    throw isArgumentError(error) ? usageErrorOf(error) : error;
  }
}

function libraryOptions(options: ConnectArguments): ConnectOptions {
  const { headers, subprotocols, origin, pingInterval, pingTimeout, connectTimeout, location, proxy } = options;
  return {
    headers,
    subprotocols,
    perMessageDeflate: options.compress,
    closeTimeout: CLOSE_TIMEOUT,
    // A slow reader of our output, such as a pager, must not end the connection.
    unreadTimeout: 0,
    maxRedirects: location ? MAX_REDIRECTS : 0,
    tls: tlsOptions(options),
    ...(origin === undefined ? {} : { origin }),
    ...(pingInterval === undefined ? {} : { pingInterval }),
    ...(pingTimeout === undefined ? {} : { pingTimeout }),
    ...(connectTimeout === undefined ? {} : { handshakeTimeout: connectTimeout }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/**
 * A trace on the terminal. `ended()` resolves when the trace is complete: connect() rejects a little before its socket
 * closes.
 */
function wireTrace(
  terminal: Terminal,
  paint: Paint,
  columns: () => number,
): { readonly tap: WireTap; ended(): Promise<void> } {
  const trace = new WireTrace({
    write: line => terminal.say(line),
    now: () => performance.timeOrigin + performance.now(),
    paint,
    columns,
  });
  let isConnected = false;
  let resolveClosed = (): void => {};
  const closed = new Promise<void>(resolve => {
    resolveClosed = resolve;
  });
  const tap: WireTap = {
    connected: transport => {
      isConnected = true;
      trace.connected(transport);
    },
    sent: bytes => trace.sent(bytes),
    received: bytes => trace.received(bytes),
    ended: by => trace.ended(by),
    closed: error => {
      trace.closed(error);
      resolveClosed();
    },
  };
  return { tap, ended: async () => (isConnected ? closed : undefined) };
}

/** Returns the url without user and password, which must not appear on a screen. */
function withoutPassword(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
