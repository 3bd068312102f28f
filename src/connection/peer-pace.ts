import { now } from '../timers.js';

/** The slowest pace expected of a healthy peer, in bytes per millisecond: 128 KiB/s. */
const SLOWEST = 131_072 / 1_000;

/**
 * How much of a connection's output the kernels of both ends may hold, in bytes. By default, Linux lets a send buffer
 * grow to 4 MiB and a receive buffer to 6 MiB (tcp_wmem, tcp_rmem). The receive buffer stays smaller if its reader is
 * slow.
 */
const KERNEL_BUFFERS = 8 * 1024 * 1024;

/**
 * The shortest time that a peer counts as busy after the transport last took bytes while blocked, in milliseconds. The
 * kernel reports free room only when a third of its buffer is free. At 500 kB/s that takes up to 2.8 s.
 */
const LEAST_BUSY = 3_000;

/** The longest time that a peer counts as busy after the transport last took bytes while blocked, in milliseconds. */
const MOST_BUSY = 60_000;

/**
 * Estimates until when a peer is busy reading the bytes that were sent to it. Until then, its silence does not mean
 * that it is dead.
 *
 * The kernel does not say how much of its buffers the peer has read. So the peer gets the time that reading takes at
 * 128 KiB/s. While the transport is blocked, the bytes that it takes show the peer's progress.
 */
export class PeerPace {
  /** When the peer should have read everything that the transport took. */
  #unreadUntil = 0;
  #isBlocked = false;
  #blockedAt = 0;
  /** How many bytes were taken since then. */
  #taken = 0;
  /** When the transport last took bytes while blocked, and the longest time between two such moments. */
  #progressedAt = 0;
  #longestGap = 0;

  /** Until when the peer may be busy, on the clock of now(). */
  get busyUntil(): number {
    if (!this.#isBlocked) return this.#unreadUntil;
    return this.#progressedAt + Math.min(MOST_BUSY, Math.max(LEAST_BUSY, 2 * this.#longestGap));
  }

  /** Notes that the transport has taken `size` bytes. */
  taken(size: number): void {
    const time = now();
    const most = time + KERNEL_BUFFERS / SLOWEST;
    this.#unreadUntil = Math.min(Math.max(this.#unreadUntil, time) + size / SLOWEST, most);
    if (!this.#isBlocked) return;
    this.#taken += size;
    this.#longestGap = Math.max(this.#longestGap, time - this.#progressedAt);
    this.#progressedAt = time;
  }

  /** Notes that the transport can't take more. */
  blocked(): void {
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.#blockedAt = now();
    this.#progressedAt = this.#blockedAt;
    this.#longestGap = 0;
    this.#taken = 0;
  }

  /** Notes that the transport takes everything again. */
  unblocked(): void {
    this.#isBlocked = false;
  }

  /** Returns the peer's pace as a clause of an error message. */
  describe(): string {
    if (!this.#isBlocked) return 'the peer took all that was sent before this turn';
    const taken = this.#taken === 0 ? 'nothing' : `${this.#taken} bytes`;
    return `the peer took ${taken} in the ${Math.round(now() - this.#blockedAt)} ms since it fell behind`;
  }
}
