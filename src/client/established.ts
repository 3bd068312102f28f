import type { Duplex } from 'node:stream';
import { onAbort } from '../abort-signal.js';

/**
 * Resolves when a socket has emitted `event`. It then ignores errors until it has another listener for them.
 *
 * @throws the error of the socket, or the reason of `signal`. The socket is destroyed
 */
export function established(socket: Duplex, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off('error', failed).off('close', closed).off(event, ready);
      stopListening();
    };
    const failed = (error: unknown) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const closed = () => failed(new Error('the connection was closed'));
    const ready = () => {
      settle();
      resolve();
    };
    const aborted = () => failed(signal.reason);
    socket.on('error', failed).on('close', closed).on(event, ready).on('error', ignore);
    const stopListening = onAbort(signal, aborted);
    if (signal.aborted) aborted();
    else if (socket.destroyed) closed();
  });
}

function ignore(): void {}
