import { copyOf } from '../framing/copy.js';

interface KeptChunk {
  readonly chunk: Uint8Array;
  /** The index of the first unread byte. */
  readonly start: number;
}

/** Received chunks that have not been decoded yet, in order. */
export class KeptChunks {
  readonly #chunks: KeptChunk[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** How many bytes are kept. A chunk counts until taken() is called with it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a chunk after all others. */
  add(chunk: Uint8Array): void {
    this.#chunks.push({ chunk, start: 0 });
    this.#bytes += chunk.length;
  }

  /**
   * Keeps the rest of a chunk, from `start`, before all other chunks.
   *
   * @param mayKeep whether the chunk may be kept without a copy. It is copied anyway if the rest is less than half of
   *   it.
   */
  addRest(chunk: Uint8Array, start: number, mayKeep: boolean): void {
    const length = chunk.length - start;
    const staysInPlace = mayKeep && length >= chunk.length / 2;
    this.#chunks.unshift(staysInPlace ? { chunk, start } : { chunk: copyOf(chunk, start, chunk.length), start: 0 });
    this.#bytes += length;
  }

  /** Removes and returns the first chunk. Call taken() with it when it has been decoded. */
  take(): KeptChunk {
    return this.#chunks.shift()!;
  }

  /** Notes that a chunk from take() has been decoded. */
  taken({ chunk, start }: KeptChunk): void {
    this.#bytes -= chunk.length - start;
  }
}
