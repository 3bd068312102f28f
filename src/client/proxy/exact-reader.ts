import type { Duplex } from 'node:stream';
import { onAbort } from '../../abort-signal.js';

/** Reads the answers of a proxy from a Duplex, in pieces of a known length or as they arrive. */
export class ExactReader {
  readonly #duplex: Duplex;
  readonly #signal: AbortSignal;
  readonly #stopListening: () => void;
  #received: Buffer = Buffer.alloc(0);
  #error: unknown;
  #wake = (): void => {};
  #isReleased = false;

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
    await this.#receive(length);
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** Resolves to the bytes that have arrived, at least one. It throws as read() does. */
  async next(): Promise<Buffer> {
    await this.#receive(1);
    const bytes = this.#received;
    this.#received = bytes.subarray(bytes.length);
    return bytes;
  }

  async #receive(length: number): Promise<void> {
    while (this.#received.length < length) {
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  /**
   * Stops reading. The Duplex is paused, and bytes that were not read stay in it.
   *
   * @param unread bytes that were read, but belong to the next reader
   */
  release(unread?: Uint8Array): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#stopListening();
    if (unread !== undefined) this.#received = Buffer.concat([unread, this.#received]);
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
