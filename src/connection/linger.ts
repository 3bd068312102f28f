import type { Duplex } from 'node:stream';

/** How long, and for how many bytes, we listen to a peer that we have nothing more to say to. */
const LINGER_TIME = 1_000;
const LINGER_BYTES = 1024 * 1024;

/**
 * Ends our side of `socket` behind what is written already, throws away what still comes, and destroys the socket when the peer
 * has ended too, or after 1 s or 1 MiB. Destroying at once would not do: where input lies unread, the kernel answers with a reset,
 * and the peer loses our last words. The caller's own `data` listeners must be gone; an `error` listener must be there.
 *
 * @param timeToWrite how long what is written already may take to leave, in milliseconds; the 1 s begins behind it
 */
export function endAndDiscard(socket: Duplex, timeToWrite: number = LINGER_TIME): void {
  if (socket.destroyed) return;
  let discarded = 0;
  let timer = setTimeout(() => socket.destroy(), timeToWrite);
  socket.once('finish', () => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), LINGER_TIME);
  });
  socket.once('close', () => clearTimeout(timer));
  socket.on('data', (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > LINGER_BYTES) socket.destroy();
  });
  socket.resume();
  socket.end();
}
