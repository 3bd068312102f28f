import type { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from '../timers.js';
import { destroySocket, ownSocket, type SocketOwner } from './socket-owner.js';

/** How long, and for how many bytes, we listen to a peer that we have nothing more to say to. */
export const LINGER_TIME = 1_000;
const LINGER_BYTES = 1024 * 1024;

/**
 * The end of a socket: ends our side behind what is written already, throws away what still comes, and destroys the socket when the
 * peer has ended too, or after 1 s or 1 MiB. Destroying at once would not do: where input lies unread, the kernel answers with a reset,
 * and the peer loses our last words.
 */
export class Linger implements SocketOwner {
  readonly #socket: Duplex;
  #discarded = 0;
  #hasWritten = false;
  #hasPeerEnded: boolean;
  #timer: NodeJS.Timeout | undefined;
  readonly #closed: (() => void) | undefined;

  /**
   * @param timeToWrite how long what is written already may take to leave, in milliseconds; left out where its owner sees to that
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
      // A Duplex of the application's own may throw.
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
    // Node destroys a socket when both sides have ended. Another Duplex may not, or not tell.
    if (this.#hasWritten) destroySocket(this.#socket);
  }

  socketError(): void {}

  socketClose(): void {
    clearTimeout(this.#timer);
    this.#closed?.();
  }
}

/** Ends a socket that nobody wants any more, in this way. `closed` is called when it has closed. */
export function endAndDiscard(socket: Duplex, closed: () => void): void {
  if (socket.destroyed) closed();
  else ownSocket(socket, new Linger(socket, LINGER_TIME, closed));
}
