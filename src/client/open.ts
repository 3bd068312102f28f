import type { Socket } from 'node:net';
import { transportInfo } from '../connection/transport-info.js';
import type { WireTap } from '../connection/wire-tap.js';
import { HandshakeError } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import type { ClientHandshake } from '../handshake/client-handshake.js';

/**
 * Sends the request over a socket that is connected, and reads the response.
 *
 * @param signal ends the wait; its reason becomes the cause
 * @throws {HandshakeError} and destroys the socket
 */
export function openHandshake(
  socket: Socket,
  handshake: ClientHandshake,
  signal: AbortSignal,
  tap: WireTap | undefined,
): Promise<Agreement> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off('data', received);
      socket.off('end', ended);
      socket.off('error', failed);
      socket.off('close', ended);
      signal.removeEventListener('abort', aborted);
    };
    const fail = (error: HandshakeError) => {
      settle();
      socket.on('error', () => {});
      socket.on('close', () => tap?.closed(error));
      socket.destroy();
      reject(error);
    };
    const received = (chunk: Buffer) => {
      tap?.received(chunk);
      const outcome = handshake.receive(chunk);
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
    const failed = (cause: Error) => fail(lost(handshake, `the connection was lost: ${cause.message}`, cause));
    const aborted = () => fail(lost(handshake, messageOf(signal.reason), signal.reason));
    socket.on('data', received);
    socket.on('end', ended);
    socket.on('error', failed);
    socket.on('close', ended);
    signal.addEventListener('abort', aborted, { once: true });
    tap?.connected(transportInfo(socket));
    tap?.sent(handshake.request);
    socket.write(handshake.request);
  });
}

/** What is known of the response so far goes into the error. */
function lost(handshake: ClientHandshake, message: string, cause: unknown): HandshakeError {
  const known = handshake.end();
  return new HandshakeError(message, {
    phase: 'response',
    fault: 'network',
    headers: known.headers,
    body: known.body,
    cause,
    ...(known.status === undefined ? {} : { status: known.status }),
    ...(known.hint === undefined ? {} : { hint: known.hint }),
  });
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
