import { Duplex } from 'node:stream';

export interface DuplexPairOptions {
  /** Whether a write is delivered in a later turn of the event loop, instead of during the call. */
  readonly isAsync?: boolean;
  /** How many bytes each direction buffers. */
  readonly highWaterMark?: number;
  readonly allowHalfOpen?: boolean;
  readonly autoDestroy?: boolean;
  readonly emitClose?: boolean;
}

/** One end of an in-memory pair. Its writes arrive at the other end. If the other end does not read, writes wait. */
class PairEnd extends Duplex {
  other!: PairEnd;
  readonly #isAsync: boolean;
  #onRead: (() => void) | undefined;

  constructor(options: DuplexPairOptions) {
    const { isAsync = false, highWaterMark = 65_536, allowHalfOpen = true } = options;
    const { autoDestroy = true, emitClose = true } = options;
    super({ highWaterMark, allowHalfOpen, autoDestroy, emitClose });
    this.#isAsync = isAsync;
  }

  override _read(): void {
    const onRead = this.#onRead;
    this.#onRead = undefined;
    onRead?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#deliver(() => {
      if (this.other.destroyed || this.other.push(chunk)) done();
      else this.other.#onRead = done;
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
    this.#onRead?.();
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

/** Creates two Duplexes, joined in memory. If one is destroyed, the readable side of the other ends. */
export function duplexPair(options: DuplexPairOptions = {}): [Duplex, Duplex] {
  const a = new PairEnd(options);
  const b = new PairEnd(options);
  a.other = b;
  b.other = a;
  return [a, b];
}
