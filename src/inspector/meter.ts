/** How many seconds a meter remembers. */
const SECONDS = 60;

/** What happened in one second. */
interface Second {
  frames: number;
  bytes: number;
  payload: number;
  latency: number | undefined;
}

/** Counts frames and bytes per second, and measures the latency of pings. No DOM. */
export class Meter {
  readonly #seconds = new Map<number, Second>();
  readonly #pings = new Map<string, number>();
  latency: number | undefined;

  count(time: number | undefined, frames: number, bytes: number, payload: number): void {
    if (time === undefined) return;
    const second = this.#second(time);
    second.frames += frames;
    second.bytes += bytes;
    second.payload += payload;
  }

  /** A Ping was sent by one side. `id` is the side and the payload. */
  ping(id: string, time: number | undefined): void {
    if (time === undefined) return;
    this.#pings.set(id, time);
    // Pings without an answer must not pile up.
    if (this.#pings.size > 100) this.#pings.delete(this.#pings.keys().next().value!);
  }

  /** Its Pong. Returns the milliseconds between them, if the Ping was seen. */
  pong(id: string, time: number | undefined): number | undefined {
    const sent = this.#pings.get(id);
    if (sent === undefined || time === undefined) return undefined;
    this.#pings.delete(id);
    this.latency = time - sent;
    this.#second(time).latency = this.latency;
    return this.latency;
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
