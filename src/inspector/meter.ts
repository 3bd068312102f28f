/** How many seconds a meter remembers. */
const SECONDS = 60;

/** What happened in one second. */
interface Second {
  frames: number;
  bytes: number;
  payload: number;
  latency: number | undefined;
}

/** Frames and bytes per second, and the round trips of pings, of the last minute. No DOM. */
export class Meter {
  readonly #seconds = new Map<number, Second>();
  /** The last one measured, in milliseconds. */
  latency: number | undefined;

  count(time: number | undefined, frames: number, bytes: number, payload: number): void {
    if (time === undefined) return;
    const second = this.#second(time);
    second.frames += frames;
    second.bytes += bytes;
    second.payload += payload;
  }

  /** A Ping was answered after `latency` milliseconds. */
  roundTrip(time: number | undefined, latency: number): void {
    this.latency = latency;
    if (time !== undefined) this.#second(time).latency = latency;
  }

  /** Returns a value per second for the last minute, oldest first. */
  history<Name extends keyof Second>(name: Name, now: number): (number | undefined)[] {
    const last = Math.floor(now / 1000);
    return Array.from({ length: SECONDS }, (_, i) => {
      const second = this.#seconds.get(last - SECONDS + 1 + i);
      if (name === 'latency') return second?.latency;
      return second?.[name] ?? 0;
    });
  }

  #second(time: number): Second {
    const key = Math.floor(time / 1000);
    let second = this.#seconds.get(key);
    if (second === undefined) {
      second = { frames: 0, bytes: 0, payload: 0, latency: undefined };
      this.#seconds.set(key, second);
      for (const old of this.#seconds.keys()) {
        if (old >= key - 2 * SECONDS) break;
        this.#seconds.delete(old);
      }
    }
    return second;
  }
}
