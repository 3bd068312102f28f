import { now } from '../timers.js';

/** The slowest pace that a healthy peer is expected to read at, in bytes per millisecond: 128 KiB/s. */
const SLOWEST = 131_072 / 1_000;

/**
 * What the kernels of both ends may hold of a connection's output. Linux lets a send buffer grow to 4 MiB and a receive buffer to 6 MiB by
 * default (tcp_wmem, tcp_rmem), and the latter stays smaller if its reader is slow.
 */
const KERNEL_BUFFERS = 8 * 1024 * 1024;

/**
 * How long a peer may be taking bytes without a sign while the transport is blocked, in milliseconds. The kernel says that there is room
 * only when a third of its buffer is free: at 500 kB/s that takes up to 2.8 s.
 */
const LEAST_BUSY = 3_000;

/** The longest that a peer's silence may mean nothing while the transport is blocked, in milliseconds. */
const MOST_BUSY = 60_000;

/**
 * Until when a peer may be busy with what was sent to it, so that its silence says nothing. What it has left to read in the kernel's
 * buffers can't be seen. So it gets the time that reading takes at 128 KiB/s; while the transport is blocked, its progress shows.
 */
export class PeerPace {
  /** When the peer should have read everything that the transport took. */
  #unreadUntil = 0;
  #isBlocked = false;
  #blockedAt = 0;
  /** Bytes taken since then. */
  #taken = 0;
  /** When the transport took something last while blocked, and the longest time between two such moments. */
  #progressedAt = 0;
  #longestGap = 0;

  /** On the clock of now(). */
  get busyUntil(): number {
    if (!this.#isBlocked) return this.#unreadUntil;
    return this.#progressedAt + Math.min(MOST_BUSY, Math.max(LEAST_BUSY, 2 * this.#longestGap));
  }

  /** The transport has taken `size` bytes. */
  taken(size: number): void {
    const time = now();
    const most = time + KERNEL_BUFFERS / SLOWEST;
    this.#unreadUntil = Math.min(Math.max(this.#unreadUntil, time) + size / SLOWEST, most);
    if (!this.#isBlocked) return;
    this.#taken += size;
    this.#longestGap = Math.max(this.#longestGap, time - this.#progressedAt);
    this.#progressedAt = time;
  }

  /** The transport can't take more. */
  blocked(): void {
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.#blockedAt = now();
    this.#progressedAt = this.#blockedAt;
    this.#longestGap = 0;
    this.#taken = 0;
  }

  /** The transport takes everything again. */
  unblocked(): void {
    this.#isBlocked = false;
  }

  /** As a clause of an error's message. */
  describe(): string {
    if (!this.#isBlocked) return 'the peer took all that was sent before this turn';
    const taken = this.#taken === 0 ? 'nothing' : `${this.#taken} bytes`;
    return `the peer took ${taken} in the ${Math.round(now() - this.#blockedAt)} ms since it fell behind`;
  }
}
