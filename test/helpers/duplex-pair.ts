import { Duplex } from 'node:stream';

export interface DuplexPairOptions {
  /** Whether a write is taken within its call, or in a later turn of the event loop. */
  readonly isAsync?: boolean;
  /** Bytes that each direction keeps, as for any stream. */
  readonly highWaterMark?: number;
  readonly allowHalfOpen?: boolean;
  readonly autoDestroy?: boolean;
  readonly emitClose?: boolean;
}

/** One end of a pipe in memory: what is written to one comes out of the other, and a reader that does not read holds its writer up. */
class PairEnd extends Duplex {
  other!: PairEnd;
  readonly #isAsync: boolean;
  #taken: (() => void) | undefined;

  constructor(options: DuplexPairOptions) {
    const { isAsync = false, highWaterMark = 65_536, allowHalfOpen = true } = options;
    const { autoDestroy = true, emitClose = true } = options;
    super({ highWaterMark, allowHalfOpen, autoDestroy, emitClose });
    this.#isAsync = isAsync;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#deliver(() => {
      if (this.other.destroyed || this.other.push(chunk)) done();
      else this.other.#taken = done;
    });
  }

  override _final(done: () => void): void {
    this.#deliver(() => {
      this.other.#end();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.other.#end();
    this.#taken?.();
    done(error);
  }

  #end(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  #deliver(deliver: () => void): void {
    if (this.#isAsync) setImmediate(deliver);
    else deliver();
  }
}

/** Two ends of a pipe in memory. Destroying one ends the other's reading. */
export function duplexPair(options: DuplexPairOptions = {}): [Duplex, Duplex] {
  const a = new PairEnd(options);
  const b = new PairEnd(options);
  a.other = b;
  b.other = a;
  return [a, b];
}
