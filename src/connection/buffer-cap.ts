import { BackpressureError } from '../errors.js';
import { Deadline } from './deadline.js';
import type { ConnectionSettings } from './options.js';

/** How much one turn of the event loop may queue, as a multiple of the cap. */
const TURN_FACTOR = 8;

/** How long a peer may take nothing while more than the cap waits, in milliseconds. */
const STALL_TIME = 10_000;

export interface CappedOutput {
  /** How many bytes wait for the peer, including what each entry of a queue costs. */
  readonly held: number;
  /** How many bytes the transport has taken so far. */
  readonly taken: number;
  /** How fast the peer takes them, as a clause of an error message. */
  readonly pace: string;
}

/**
 * Limits how much waits for a peer (`maxBufferedAmount`).
 *
 * The peer cannot take a burst before the turn of the event loop ends. So the cap applies to the bytes that waited
 * before the turn. Bytes that one turn adds are exempt until they have left. Memory is bounded by the cap, plus what
 * one turn added, plus one message. The connection also ends if the peer takes nothing for 10 s while more than the cap
 * waits.
 */
export class BufferCap {
  readonly #limit: number;
  readonly #output: CappedOutput;
  readonly #exceeded: (error: BackpressureError) => void;
  /** How much waited after the last turn. */
  #carried = 0;
  /** How much the turn that crossed the cap added, and what `taken` will be when all of that has left. */
  #burst = 0;
  #burstEnd = 0;
  readonly #stall = new Deadline(() => this.#check());
  #takenAtCheck = 0;

  /** @param exceeded called when more waits than the cap allows */
  constructor(
    { maxBufferedAmount }: ConnectionSettings,
    output: CappedOutput,
    exceeded: (error: BackpressureError) => void,
  ) {
    this.#limit = maxBufferedAmount;
    this.#output = output;
    this.#exceeded = exceeded;
  }

  /** Whether one more message may be queued. Calls `exceeded` if not. */
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

  /** How much is left of the burst. It is at the end of the queue, so it leaves last. */
  get #exempt(): number {
    return Math.max(0, Math.min(this.#burst, this.#burstEnd - this.#output.taken));
  }

  /** Notes that a turn of the event loop has ended and its output has been flushed. */
  turnEnded(): void {
    const { held, taken } = this.#output;
    if (held > this.#limit && this.#carried <= this.#limit) {
      this.#burst = held - this.#carried;
      this.#burstEnd = taken + held;
      this.#watch();
    }
    this.#carried = held;
  }

  /** Notes that the transport has taken bytes. */
  progressed(): void {
    this.#carried = Math.min(this.#carried, this.#output.held);
    if (this.#carried <= this.#limit) this.#stall.clear();
  }

  #watch(): void {
    this.#takenAtCheck = this.#output.taken;
    if (!this.#stall.isRunning) this.#stall.start(STALL_TIME);
  }

  #check(): void {
    const { held, taken, pace } = this.#output;
    // `held` may shrink without the transport: a Pong frees the memory of its Ping.
    if (held <= this.#limit) return;
    if (taken > this.#takenAtCheck) this.#watch();
    else this.#exceeded(new BackpressureError(held, this.#limit, pace));
  }

  /** Stops the timer, because the connection has closed. */
  end(): void {
    this.#stall.clear();
  }
}
