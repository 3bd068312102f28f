import { clearTimeout, now, setImmediate, setTimeout } from '../timers.js';

/** How many milliseconds late a timer may fire and count as on time: timers are never exact. */
const LATENESS = 10;

/**
 * A timer for a time that the peer has. If it fires late, it is over behind the I/O of the present turn of the event loop.
 *
 * Node runs timers before it reads and writes. So after something has blocked the event loop, what a deadline waits for may have come long ago,
 * and not have been seen: that is not the peer's fault.
 */
export class Deadline {
  readonly #passed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #end = 0;
  /** Whether the time is over, and passed() waits for the I/O. */
  #isDue = false;

  constructor(passed: () => void) {
    this.#passed = passed;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Runs for `time` ms from now. */
  start(time: number): void {
    this.clear();
    this.#end = now() + time;
    this.#timer = setTimeout(Deadline.#timeIsOver, time, this);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
  }

  static #timeIsOver(deadline: Deadline): void {
    if (now() - deadline.#end <= LATENESS) {
      deadline.#finish();
    } else {
      deadline.#isDue = true;
      setImmediate(Deadline.#ioIsDone, deadline);
    }
  }

  static #ioIsDone(deadline: Deadline): void {
    if (deadline.#isDue) deadline.#finish();
  }

  #finish(): void {
    this.clear();
    this.#passed();
  }
}
