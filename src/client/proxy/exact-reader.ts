import type { Duplex } from 'node:stream';
import { onAbort } from '../../abort-signal.js';

/** Reads a Duplex in pieces of a known length, for a protocol that is binary and short. */
export class ExactReader {
  readonly #duplex: Duplex;
  readonly #signal: AbortSignal;
  readonly #stopListening: () => void;
  #received: Buffer = Buffer.alloc(0);
  #error: unknown;
  #wake = (): void => {};

  constructor(duplex: Duplex, signal: AbortSignal) {
    this.#duplex = duplex;
    this.#signal = signal;
    this.#stopListening = onAbort(signal, () => this.#fail(signal.reason));
    if (signal.aborted) this.#fail(signal.reason);
    duplex.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#fail).on('close', this.#onEnd);
  }

  /**
   * Resolves to the next `length` bytes.
   *
   * @throws the error of the Duplex, the reason of the signal, or an Error if the Duplex ended
   */
  async read(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** Stops reading. The Duplex is paused, and bytes that were not read stay in it. */
  release(): void {
    this.#stopListening();
    this.#duplex
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#fail)
      .off('close', this.#onEnd)
      .pause();
    if (this.#received.length > 0 && !this.#signal.aborted) this.#duplex.unshift(this.#received);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received = Buffer.concat([this.#received, chunk]);
    this.#wake();
  };

  readonly #onEnd = (): void => this.#fail(new Error('the connection was closed'));

  readonly #fail = (error: unknown): void => {
    this.#error ??= error;
    this.#wake();
  };
}
