import { now } from '../timers.js';
import { Deadline } from './deadline.js';

/** The longest closing handshake with a peer that makes progress, as a multiple of `closeTimeout`. */
export const MOST_EXTENSIONS = 10;

/** How long a client waits for the server to end TCP after both Close frames, in milliseconds. */
const TCP_END_TIME = 2_000;

export interface ClosingPeer {
  /** Set when bytes arrive. The deadline resets it. */
  wasHeard: boolean;
  /** How many bytes the transport has taken so far. */
  readonly taken: number;
  /** Until when the peer may still be busy with earlier output, on the clock of now(). */
  readonly busyUntil: number;
}

/**
 * The deadline of the closing handshake. While bytes move in either direction, `closeTimeout` starts again, up to ten
 * times in all: a slow peer is not a dead one.
 *
 *     close() ── earlier messages leave ──▶ our Close has left ── the peer reads and answers ──▶ both Close frames ──▶ end of TCP
 *              closeTimeout without progress                   closeTimeout without progress        client: 2 s
 */
export class CloseDeadline {
  readonly #timeout: number;
  readonly #peer: ClosingPeer;
  readonly #expired: (message: string) => void;
  /** When the time is over in any case, and when it is over if the peer makes no progress. Both are times of now(). */
  readonly #hardEnd: number;
  #end: number;
  readonly #timer = new Deadline(() => this.#check());
  #takenAtCheck: number;
  #hasLeft = false;
  #isComplete = false;

  constructor(timeout: number, peer: ClosingPeer, expired: (message: string) => void) {
    const time = now();
    this.#timeout = timeout;
    this.#peer = peer;
    this.#expired = expired;
    this.#hardEnd = time + MOST_EXTENSIONS * timeout;
    this.#end = time + timeout;
    this.#takenAtCheck = peer.taken;
    peer.wasHeard = false;
    this.#timer.start(timeout);
  }

  /** Notes that our Close frame has left. A slow peer must still read the bytes that the kernel holds before it. */
  left(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const time = now();
    // The running timer checks the new time when it fires. A second timer would be a fifth of the memory that closing
    // allocates.
    this.#extend(this.#timeout + Math.max(0, this.#peer.busyUntil - time), time);
  }

  /** Notes that both Close frames have left, so the server should end TCP. */
  complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    this.#timer.start(Math.min(this.#timeout, TCP_END_TIME));
  }

  clear(): void {
    this.#timer.clear();
  }

  #extend(extension: number, time: number): void {
    this.#end = Math.min(time + extension, this.#hardEnd);
    this.#takenAtCheck = this.#peer.taken;
    this.#peer.wasHeard = false;
  }

  #check(): void {
    const { taken, wasHeard, busyUntil } = this.#peer;
    const time = now();
    const hasProgressed = taken > this.#takenAtCheck || wasHeard;
    if (time >= this.#end)
      this.#extend(hasProgressed ? this.#timeout : Math.min(busyUntil - time, this.#timeout), time);
    if (this.#end > time && !this.#isComplete) this.#timer.start(this.#end - time);
    else this.#expired(this.#describe(hasProgressed));
  }

  #describe(hasProgressed: boolean): string {
    if (this.#isComplete) return 'the server did not end TCP after both Close frames';
    const time = hasProgressed ? `${MOST_EXTENSIONS} x ${this.#timeout}` : this.#timeout;
    const missing = this.#hasLeft
      ? 'no Close frame arrived'
      : 'the peer did not take what was sent before our Close frame';
    return `the closing handshake failed: ${missing} within ${time} ms (closeTimeout)`;
  }
}
