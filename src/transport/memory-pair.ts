import { Duplex } from 'node:stream';
import { setImmediate } from '../timers.js';

/** How many bytes each direction holds before writes wait, as the buffers of a socket do. */
const HIGH_WATER_MARK = 65_536;

/**
 * One end of a pair. What is written to it arrives at the other end in a later turn of the event loop, as over a
 * socket.
 */
class MemoryEnd extends Duplex {
  other!: MemoryEnd;
  /** Calls back the write that waits until this end is read. */
  #onRead: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: HIGH_WATER_MARK, allowHalfOpen: true });
  }

  override _read(): void {
    const onRead = this.#onRead;
    this.#onRead = undefined;
    onRead?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    setImmediate(() => {
      if (this.other.destroyed || this.other.push(chunk)) done();
      else this.other.#onRead = done;
    });
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.other.#end();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    setImmediate(() => this.other.#end());
    this._read();
    done(error);
  }

  #end(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }
}

/**
 * Creates two Duplexes that are joined in memory. If one of them ends or is destroyed, the other one's readable side
 * ends.
 */
export function memoryPair(): [Duplex, Duplex] {
  const [a, b] = [new MemoryEnd(), new MemoryEnd()];
  a.other = b;
  b.other = a;
  return [a, b];
}
