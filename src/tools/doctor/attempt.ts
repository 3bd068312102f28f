/** One attempt to open a WebSocket, and the facts that it shows. */
import { brotliDecompressSync, constants, inflateSync, unzipSync } from 'node:zlib';
import {
  type ConnectOptions,
  connect,
  dial as defaultDial,
  HandshakeError,
  type WebSocketConnection,
} from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import type { FailureFacts, HeaderLine, ResponseFacts, Stop } from '../../wire/index.js';
import { Recording } from './recording.js';

/** How much of a body is looked at. */
const MAX_BODY = 64 * 1024;

export interface Attempt {
  readonly connection: WebSocketConnection | undefined;
  readonly recording: Recording;
  /** The last URL, after redirects. */
  readonly href: string | undefined;
  readonly requestHeaders: readonly HeaderLine[];
  readonly response: ResponseFacts | undefined;
  readonly failure: FailureFacts | undefined;
}

/**
 * Opens a WebSocket.
 *
 * @param responseLimit how long the response may take once the transport is open, in milliseconds
 * @throws {TypeError | RangeError} if the URL or an option is wrong
 */
export async function attempt(
  url: string,
  options: ConnectOptions,
  clock: () => number,
  responseLimit: number = Number.POSITIVE_INFINITY,
): Promise<Attempt> {
  const recording = new Recording(clock);
  const start = now();
  const { dial = defaultDial } = options;
  let connection: WebSocketConnection | undefined;
  let error: HandshakeError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  let href: string | undefined;
  try {
    connection = await connect(url, {
      pingInterval: 0,
      unreadTimeout: 0,
      ...options,
      dial: async (...place) => {
        href = place[0].href;
        const transport = await dial(...place);
        if (responseLimit < Number.POSITIVE_INFINITY) {
          timer = setTimeout(() => {
            isLate = true;
            ('duplex' in transport ? transport.duplex : transport).destroy();
          }, responseLimit);
        }
        return transport;
      },
      tap: recording,
    });
  } catch (thrown) {
    if (!(thrown instanceof HandshakeError)) throw thrown;
    error = thrown;
  } finally {
    clearTimeout(timer);
  }
  return {
    connection,
    recording,
    href,
    requestHeaders: headersOf(recording.textOf('client').split('\r\n\r\n', 1)[0]!),
    response: responseOf(
      recording,
      connection?.response?.status ?? error?.status,
      connection?.response?.headers ?? error?.headers,
      error,
    ),
    failure: error && failureOf(error, recording, now() - (recording.requestSent ?? start), isLate),
  };
}

function headersOf(head: string): HeaderLine[] {
  return head
    .split('\r\n')
    .slice(1)
    .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
}

function responseOf(
  recording: Recording,
  status: number | undefined,
  headers: Iterable<HeaderLine> | undefined,
  error: HandshakeError | undefined,
): ResponseFacts | undefined {
  // A refusal of the client's own proxy is not the server's response.
  if (status === undefined || error?.phase === 'proxy') return undefined;
  const line = recording.statusLine;
  const lines = [...(headers ?? [])];
  const { requestSent } = recording;
  // A head that comes byte by byte is as slow as one that comes late.
  const received = status === 101 ? (recording.lastReceived ?? recording.firstReceived) : recording.firstReceived;
  const coding = lines.find(([name]) => name.toLowerCase() === 'content-encoding')?.[1];
  return {
    version: line.slice(5, 8),
    status,
    reason: line.slice(13),
    headers: lines,
    time: requestSent === undefined || received === undefined ? undefined : received - requestSent,
    body: status === 101 || error === undefined ? '' : textOf(error.bodyBytes, coding),
  };
}

/** Undoes the content coding of an error page. The page may be cut short. */
function textOf(body: Uint8Array, coding: string | undefined): string {
  const limits = { maxOutputLength: 16 * MAX_BODY };
  let bytes = body;
  try {
    if (coding === 'gzip' || coding === 'x-gzip')
      bytes = unzipSync(body, { ...limits, finishFlush: constants.Z_SYNC_FLUSH });
    else if (coding === 'deflate') bytes = inflateSync(body, { ...limits, finishFlush: constants.Z_SYNC_FLUSH });
    else if (coding === 'br')
      bytes = brotliDecompressSync(body, { ...limits, finishFlush: constants.BROTLI_OPERATION_FLUSH });
  } catch {
    return '';
  }
  return new TextDecoder().decode(bytes.subarray(0, MAX_BODY));
}

function failureOf(error: HandshakeError, recording: Recording, time: number, isLate: boolean): FailureFacts {
  const { phase, summary, status } = error;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const code = typeof cause?.code === 'string' ? cause.code : undefined;
  let stop: Stop | undefined;
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') stop = 'reset';
  else if (isLate || /\(handshakeTimeout\)/.test(summary)) stop = 'timeout';
  else if (/ended before|was closed/.test(summary)) stop = 'fin';
  const opening = status === undefined ? Buffer.from(recording.textOf('server').slice(0, 256), 'latin1') : undefined;
  const said =
    stop === 'timeout' && phase === 'response' ? `no ${opening?.length === 0 ? '' : 'whole '}response` : summary;
  return { phase, summary: said, code, stop, opening, time };
}
