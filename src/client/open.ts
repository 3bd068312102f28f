import type { Socket } from 'node:net';
import { type Fault, HandshakeError, type HandshakePhase } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import type { ClientHandshake } from '../handshake/http1/client-handshake.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { WireTap } from '../transport/wire-tap.js';
import { faultOfAbort, HandshakeTimeout, messageOf } from './failure.js';

/**
 * How long the body of a response other than 101 may take after its head, in milliseconds. The body only says why; that of an event
 * stream, or of a server that keeps the connection alive without telling a length, never ends.
 */
const BODY_TIMEOUT = 1_000;

/** A transport that stands. */
export interface Transport {
  readonly socket: Socket;
  readonly info: TransportInfo;
}

/**
 * Sends the request over a socket that is connected, and reads the response. The body of one other than 101 is waited for 1 s.
 *
 * @param signal ends the wait; its reason becomes the cause
 * @param hasEnough whether the head of the response is enough, so that its body is not waited for
 * @throws {HandshakeError} and destroys the socket
 */
export function openHandshake(
  { socket, info }: Transport,
  handshake: ClientHandshake,
  signal: AbortSignal,
  tap: WireTap | undefined,
  hasEnough: () => boolean,
): Promise<Agreement> {
  return new Promise((resolve, reject) => {
    let isSent = false;
    let bodyTimer: NodeJS.Timeout | undefined;
    const settle = () => {
      clearTimeout(bodyTimer);
      socket.off('data', received);
      socket.off('end', ended);
      socket.off('error', failed);
      socket.off('close', closed);
      signal.removeEventListener('abort', aborted);
    };
    const fail = (error: HandshakeError) => {
      settle();
      socket.on('error', () => {});
      if (socket.closed) tap?.closed(error);
      else socket.on('close', () => tap?.closed(error));
      socket.destroy();
      reject(error);
    };
    const cut = (message: string, cause: unknown, fault: Fault) =>
      fail(cutOff(handshake, message, { phase: isSent ? 'response' : 'request', cause, fault }));
    const received = (chunk: Buffer) => {
      tap?.received(chunk);
      const outcome = handshake.receive(chunk) ?? (hasEnough() ? handshake.end() : undefined);
      if (outcome instanceof HandshakeError) {
        fail(outcome);
      } else if (outcome !== undefined) {
        settle();
        // Frames may follow at once. They wait until the connection stands.
        socket.pause();
        resolve(outcome);
      } else if (handshake.response !== undefined) {
        bodyTimer ??= setTimeout(() => fail(handshake.end()), BODY_TIMEOUT);
      }
    };
    const ended = () => {
      tap?.ended('remote');
      fail(handshake.end());
    };
    const failed = (cause: Error) => cut(`the connection was lost: ${messageOf(cause)}`, cause, 'network');
    const closed = () => cut('the connection was closed', socket.errored ?? undefined, 'network');
    const aborted = () => {
      const isLate = signal.reason instanceof HandshakeTimeout;
      // The response is the outcome, and only its body is incomplete.
      if (isLate && handshake.response !== undefined) fail(handshake.end());
      else cut(messageOf(signal.reason), signal.reason, faultOfAbort(signal));
    };
    socket.on('data', received);
    socket.on('end', ended);
    socket.on('error', failed);
    socket.on('close', closed);
    signal.addEventListener('abort', aborted);
    tap?.connected(info);
    // Much can happen between the moment a socket is connected and the moment a promise tells.
    if (signal.aborted) return aborted();
    if (socket.destroyed) return closed();
    tap?.sent(handshake.request);
    socket.write(handshake.request, error => {
      isSent = !error;
    });
  });
}

/** The handshake was cut off on this side, or on the way. What is known of the response so far goes into the error. */
function cutOff(
  handshake: ClientHandshake,
  message: string,
  details: { readonly phase: HandshakePhase; readonly cause: unknown; readonly fault: Fault },
): HandshakeError {
  const known = handshake.end();
  const hint = details.fault === 'caller' ? undefined : known.hint;
  return new HandshakeError(known.status === undefined ? message : `${known.message}, then ${message}`, {
    ...details,
    headers: known.headers,
    body: known.body,
    ...(known.status === undefined ? {} : { status: known.status }),
    ...(hint === undefined ? {} : { hint }),
  });
}
