import { Duplex } from 'node:stream';

/**
 * A Duplex like a socket whose peer reads when the test says so: it takes `capacity` bytes at once, as the kernel does, and each write
 * after that only when takeWrite() is called.
 */
export class SlowDuplex extends Duplex {
  /** Sizes of the writes, in order. */
  readonly writes: number[] = [];
  /** What was written, also what was not taken yet. */
  readonly written: Buffer[] = [];
  #capacity: number;
  #waiting: (() => void) | undefined;

  constructor(capacity = 0) {
    super({ allowHalfOpen: true });
    this.#capacity = capacity;
  }

  get isBlocked(): boolean {
    return this.#waiting !== undefined;
  }

  /** Takes the write that waits. Without one, it takes the next one at once. */
  takeWrite(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Takes `bytes` more at once, beyond what was written so far. */
  addCapacity(bytes: number): void {
    this.#capacity = bytes;
  }

  /** Takes every write from now on. */
  takeAll(): void {
    this.#capacity = Number.POSITIVE_INFINITY;
    this.takeWrite();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: () => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #take(chunks: Buffer[], done: () => void): void {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.written.push(...chunks.map(chunk => Buffer.from(chunk)));
    if (size > 0) this.writes.push(size);
    this.#capacity -= size;
    if (this.#capacity >= 0 || size === 0) done();
    else this.#waiting = done;
  }
}
