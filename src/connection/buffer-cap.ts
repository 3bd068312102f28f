import { BackpressureError } from '../errors.js';
import { Deadline } from './deadline.js';
import type { ConnectionSettings } from './options.js';

/** How many times the cap one turn of the event loop may queue. */
const TURN_FACTOR = 8;

/** A peer that takes nothing for this long while more than the cap waits is ended. In milliseconds. */
const STALL_TIME = 10_000;

export interface CappedOutput {
  /** Bytes that wait for the peer, and the memory that each entry of a queue takes beside them. */
  readonly held: number;
  /** Bytes that the transport has taken so far. */
  readonly taken: number;
  /** How fast the peer takes them, as a clause of an error's message. */
  readonly pace: string;
}

/**
 * The cap on what waits for a peer (`maxBufferedAmount`).
 *
 * A burst within one turn of the event loop says nothing about the peer, which had no chance to take any of it. So the cap is judged by
 * what waited before the turn: what one turn adds is exempt from it until it has left. Memory stays bounded, by the cap, what one turn
 * added, and one message. And a peer that takes nothing at all while more than the cap waits is ended too.
 */
export class BufferCap {
  readonly #limit: number;
  readonly #output: CappedOutput;
  readonly #exceeded: (error: BackpressureError) => void;
  /** What waited after the last turn. */
  #carried = 0;
  /** How much one turn added when it crossed the cap, and what the transport will have taken when all of it has left. */
  #burst = 0;
  #burstEnd = 0;
  readonly #stall = new Deadline(() => this.#look());
  #takenAtLook = 0;

  /** @param exceeded called when a peer does not take what waits for it */
  constructor(
    { maxBufferedAmount }: ConnectionSettings,
    output: CappedOutput,
    exceeded: (error: BackpressureError) => void,
  ) {
    this.#limit = maxBufferedAmount;
    this.#output = output;
    this.#exceeded = exceeded;
  }

  /** Whether one more message may be queued. If not, the owner has been told. */
  admits(): boolean {
    const { held } = this.#output;
    if (this.#carried > this.#limit) {
      if (held - this.#exempt <= this.#limit) return true;
      this.#exceeded(new BackpressureError(held, this.#limit, this.#output.pace));
    } else {
      if (held - this.#carried <= TURN_FACTOR * this.#limit) return true;
      const detail = `one turn of the event loop queued more than ${TURN_FACTOR} times that`;
      this.#exceeded(new BackpressureError(held, this.#limit, detail, 'caller'));
    }
    return false;
  }

  /** What is left of the burst. It is at the end of the queue, so it leaves last. */
  get #exempt(): number {
    return Math.max(0, Math.min(this.#burst, this.#burstEnd - this.#output.taken));
  }

  /** A turn of the event loop is over, and what it queued has been flushed. */
  turnEnded(): void {
    const { held, taken } = this.#output;
    if (held > this.#limit && this.#carried <= this.#limit) {
      this.#burst = held - this.#carried;
      this.#burstEnd = taken + held;
      this.#watch();
    }
    this.#carried = held;
  }

  /** The transport has taken bytes. */
  progressed(): void {
    this.#carried = Math.min(this.#carried, this.#output.held);
    if (this.#carried <= this.#limit) this.#stall.clear();
  }

  #watch(): void {
    this.#takenAtLook = this.#output.taken;
    if (!this.#stall.isRunning) this.#stall.start(STALL_TIME);
  }

  #look(): void {
    const { held, taken, pace } = this.#output;
    // Not all of it need be the transport's: Pongs free what Pings hold.
    if (held <= this.#limit) return;
    if (taken > this.#takenAtLook) this.#watch();
    else this.#exceeded(new BackpressureError(held, this.#limit, pace));
  }

  /** The connection has closed. */
  end(): void {
    this.#stall.clear();
  }
}
