import type { Clock } from '../../src/client/reconnecting/clock.js';
import { turns } from './turns.js';

interface Timer {
  readonly time: number;
  readonly callback: () => void;
}

/** A clock that only advance() moves. `random` returns a number that the test chooses. */
export class FakeClock implements Clock {
  random: () => number = () => 1 - Number.EPSILON;
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { time: this.#now + delay, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** How many timers are running. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, calls the timers that are due in their order, and lets promises and I/O in memory settle. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ time }) => time <= end).sort((a, b) => a.time - b.time);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.time);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets promises and I/O in memory settle. */
export async function settle(): Promise<void> {
  await turns(8);
}
