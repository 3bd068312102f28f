import { now } from '../timers.js';

/** What the kernel may hold of a connection's output: Linux lets a send buffer grow to 4 MiB by default (tcp_wmem). */
const KERNEL_BUFFER = 4 * 1024 * 1024;

/** A pace is measured over at least this many bytes. */
const LEAST_MEASURED = 65_536;

/**
 * How long a peer may be taking bytes without a sign, in milliseconds. The kernel says that there is room only when a third of its buffer
 * is free: at 500 kB/s that takes up to 2.8 s.
 */
const LEAST_BUSY = 3_000;

/** The longest that a peer's silence may mean nothing, in milliseconds: a pace that was measured over a pause says little. */
const MOST_BUSY = 60_000;

/**
 * How fast a peer takes what is sent, measured while the transport is blocked. How much a slow peer has left to read in the kernel's
 * buffers can't be seen, so this also estimates how long its silence means nothing.
 */
export class PeerPace {
  #isBlocked = false;
  #blockedAt = 0;
  #taken = 0;
  /** When the transport took something last, and the longest time between two such moments. */
  #progressedAt = 0;
  #longestGap = 0;
  /** When the peer should have received what the kernel held, as far as its pace tells. */
  #settlesAt = 0;

  /** The time until which the peer may be busy with what was sent, on the clock of now(). */
  get busyUntil(): number {
    if (!this.#isBlocked) return this.#settlesAt;
    return this.#progressedAt + Math.min(MOST_BUSY, Math.max(LEAST_BUSY, 2 * this.#longestGap));
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

  /** The transport has taken `size` bytes. */
  progressed(size: number): void {
    if (!this.#isBlocked) return;
    this.#taken += size;
    const time = now();
    this.#longestGap = Math.max(this.#longestGap, time - this.#progressedAt);
    this.#progressedAt = time;
  }

  /** The transport takes everything again. From the time that took follows how long the peer needs for what the kernel holds. */
  unblocked(): void {
    this.#isBlocked = false;
    if (this.#taken < LEAST_MEASURED) return;
    const time = this.#progressedAt - this.#blockedAt;
    this.#settlesAt = this.#progressedAt + Math.min(MOST_BUSY, (time * KERNEL_BUFFER) / this.#taken);
  }

  /** As a clause of an error's message. */
  describe(): string {
    if (!this.#isBlocked) return 'the peer took all that was sent before this turn';
    const taken = this.#taken === 0 ? 'nothing' : `${this.#taken} bytes`;
    return `the peer took ${taken} in the ${Math.round(now() - this.#blockedAt)} ms since it fell behind`;
  }
}
