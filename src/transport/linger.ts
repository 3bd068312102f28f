import type { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from '../timers.js';
import { destroySocket, ownSocket, type SocketOwner } from './socket-owner.js';

/** How long incoming bytes are discarded before the socket is destroyed. */
export const LINGER_TIME = 1_000;
/**
 * How many incoming bytes are discarded before the socket is destroyed. A peer in the middle of a large message may
 * have this much in flight when our Close frame arrives: Linux buffers up to 4 MiB for sending and 6 MiB for receiving.
 * With 1 MiB, half of such peers saw ECONNRESET instead of 1009.
 */
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Ends a socket so that the last bytes arrive: ends our side after pending writes, discards input, and destroys the
 * socket when the peer has ended too, or after 1 s or 16 MiB. If a socket is destroyed with unread input, the kernel
 * sends a reset, and the peer loses the last bytes.
 */
export class Linger implements SocketOwner {
  readonly #socket: Duplex;
  #discarded = 0;
  #hasWritten = false;
  #hasPeerEnded: boolean;
  #timer: NodeJS.Timeout | undefined;
  readonly #closed: (() => void) | undefined;

  /**
   * @param timeToWrite how long pending writes may take, in milliseconds; without it, the caller limits that time
   * @param closed called when the socket has closed
   */
  constructor(socket: Duplex, timeToWrite?: number, closed?: () => void) {
    this.#socket = socket;
    this.#closed = closed;
    this.#hasPeerEnded = socket.readableEnded;
    if (timeToWrite !== undefined) this.#timer = setTimeout(destroySocket, timeToWrite, socket);
    try {
      socket.resume();
      socket.end(() => this.#written());
    } catch {
      // A custom Duplex may throw.
      destroySocket(socket);
    }
  }

  #written(): void {
    clearTimeout(this.#timer);
    this.#hasWritten = true;
    if (this.#hasPeerEnded || this.#socket.destroyed) destroySocket(this.#socket);
    else this.#timer = setTimeout(destroySocket, LINGER_TIME, this.#socket);
  }

  socketData(chunk: Uint8Array): void {
    this.#discarded += chunk.length;
    if (this.#discarded > LINGER_BYTES) destroySocket(this.#socket);
  }

  socketEnd(): void {
    this.#hasPeerEnded = true;
    // Node destroys a socket when both sides have ended. A custom Duplex may not.
    if (this.#hasWritten) destroySocket(this.#socket);
  }

  socketError(): void {}

  socketClose(): void {
    clearTimeout(this.#timer);
    this.#closed?.();
  }
}

/** Ends a socket by a Linger. `closed` is called when it has closed. */
export function endAndDiscard(socket: Duplex, closed: () => void): void {
  if (socket.destroyed) closed();
  else ownSocket(socket, new Linger(socket, LINGER_TIME, closed));
}
