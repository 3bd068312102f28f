import type { Socket } from 'node:net';
import type { TransportInfo, WireTap } from '../connection/wire-tap.js';
import { type Fault, HandshakeError, type HandshakePhase } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import type { ClientHandshake } from '../handshake/client-handshake.js';
import { faultOfAbort, messageOf } from './failure.js';

/** A transport that stands. */
export interface Transport {
  readonly socket: Socket;
  readonly info: TransportInfo;
}

/**
 * Sends the request over a socket that is connected, and reads the response.
 *
 * @param signal ends the wait; its reason becomes the cause
 * @param hasEnough whether what has come of the response will do, so that nobody waits for its body
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
    const settle = () => {
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
      }
    };
    const ended = () => {
      tap?.ended('remote');
      fail(handshake.end());
    };
    const failed = (cause: Error) => cut(`the connection was lost: ${messageOf(cause)}`, cause, 'network');
    const closed = () => cut('the connection was closed', socket.errored ?? undefined, 'network');
    const aborted = () => cut(messageOf(signal.reason), signal.reason, faultOfAbort(signal));
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
