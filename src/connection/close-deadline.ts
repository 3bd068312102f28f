import { clearTimeout, now, setTimeout } from '../timers.js';

/** How many times `closeTimeout` a closing handshake may take while the peer makes progress. */
export const MOST_EXTENSIONS = 10;

/** How long a client waits for the server to end TCP after both Close frames, in milliseconds. */
const TCP_END_TIME = 2_000;

export interface ClosingPeer {
  /** Set when bytes come; the deadline resets it. */
  wasHeard: boolean;
  /** Bytes that the transport has taken so far. */
  readonly taken: number;
  /** The time until which the peer may be busy with what was sent, on the clock of now(). */
  readonly busyUntil: number;
}

/**
 * The deadline of the closing handshake. Slow is not dead: as long as bytes move in either direction, the peer gets `closeTimeout` anew, up
 * to ten times in all.
 *
 *     close() ── what was sent before leaves ──▶ our Close has left ── the peer reads it, and answers ──▶ both Close frames ──▶ end of TCP
 *                 closeTimeout without progress                        closeTimeout without progress         client: 2 s
 */
export class CloseDeadline {
  readonly #timeout: number;
  readonly #peer: ClosingPeer;
  readonly #expired: (message: string) => void;
  readonly #endsAt: number;
  #timer: NodeJS.Timeout | undefined;
  #takenAtLook = 0;
  #hasLeft = false;
  #isComplete = false;

  constructor(timeout: number, peer: ClosingPeer, expired: (message: string) => void) {
    this.#timeout = timeout;
    this.#peer = peer;
    this.#expired = expired;
    this.#endsAt = now() + MOST_EXTENSIONS * timeout;
    this.#start(timeout);
  }

  /** Our Close frame has left. A slow peer still has to read what the kernel holds before it. */
  left(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const reading = Math.max(0, this.#peer.busyUntil - now());
    this.#start(Math.min(this.#timeout + reading, this.#endsAt - now()));
  }

  /** Both Close frames have left, and the server is to end TCP. */
  complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    this.#start(Math.min(this.#timeout, TCP_END_TIME));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #start(time: number): void {
    this.clear();
    this.#takenAtLook = this.#peer.taken;
    this.#peer.wasHeard = false;
    this.#timer = setTimeout(() => this.#look(), time);
  }

  #look(): void {
    const { taken, wasHeard, busyUntil } = this.#peer;
    const time = now();
    const hasProgressed = taken > this.#takenAtLook || wasHeard;
    const extension = hasProgressed ? this.#timeout : this.#hasLeft ? 0 : busyUntil - time;
    const timeLeft = this.#endsAt - time;
    if (extension > 0 && timeLeft > 0 && !this.#isComplete) this.#start(Math.min(extension, timeLeft));
    else this.#expired(this.#describe(hasProgressed));
  }

  #describe(hasProgressed: boolean): string {
    if (this.#isComplete) return 'the server did not end TCP after both Close frames';
    const time = hasProgressed ? `${MOST_EXTENSIONS} x ${this.#timeout}` : this.#timeout;
    const missing = this.#hasLeft
      ? 'no Close frame came'
      : 'the peer did not take what was sent before our Close frame';
    return `the closing handshake failed: ${missing} within ${time} ms (closeTimeout)`;
  }
}
