import { Duplex } from 'node:stream';

/**
 * A Duplex like a socket whose peer reads only when the test says so. It accepts `capacity` bytes at once, as the
 * kernel does.
 * After that, a write completes when takeWrite() is called.
 */
export class SlowDuplex extends Duplex {
  /** Sizes of the writes, in order. */
  readonly writes: number[] = [];
  /** What was written, including writes that have not completed. */
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

  /** Completes the write that waits, if there is one. */
  takeWrite(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Accepts `bytes` more at once. */
  addCapacity(bytes: number): void {
    this.#capacity = bytes;
  }

  /** Completes every write from now on. */
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
