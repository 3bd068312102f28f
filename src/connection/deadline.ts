import { clearTimeout, now, setImmediate, setTimeout } from '../timers.js';

/** How late a timer may fire and still count as on time, in milliseconds. Timers are never exact. */
const LATENESS = 10;

/**
 * A timer for something that the peer has to do. If it fires late, it waits for the I/O of the current turn of the
 * event loop first.
 *
 * Node runs timers before I/O. If something has blocked the event loop, the peer's bytes may have arrived in time and
 * not been read yet.
 */
export class Deadline {
  readonly #passed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #end = 0;
  /** Whether the timer fired late and passed() waits for the I/O. */
  #isDue = false;

  /** @param passed called when the time is over */
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
