import { copyOf } from '../framing/copy.js';

interface KeptChunk {
  readonly chunk: Uint8Array;
  /** Where the unread bytes begin. */
  readonly start: number;
}

/** Received chunks that have not been decoded yet, in order. */
export class KeptChunks {
  readonly #chunks: KeptChunk[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** How many bytes are kept. A chunk counts until `taken()` is called for it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a chunk after all others. */
  add(chunk: Uint8Array): void {
    this.#chunks.push({ chunk, start: 0 });
    this.#bytes += chunk.length;
  }

  /**
   * Keeps `chunk[start, …)` before all others.
   *
   * @param isOurs whether the chunk may be kept. It is copied if not, and also if the rest would pin more than twice
   *   its size.
   */
  addRest(chunk: Uint8Array, start: number, isOurs: boolean): void {
    const length = chunk.length - start;
    const staysInPlace = isOurs && length >= chunk.length / 2;
    this.#chunks.unshift(staysInPlace ? { chunk, start } : { chunk: copyOf(chunk, start, chunk.length), start: 0 });
    this.#bytes += length;
  }

  /** Removes the first chunk. Call `taken()` with it once it has been decoded. */
  take(): KeptChunk {
    return this.#chunks.shift()!;
  }

  taken({ chunk, start }: KeptChunk): void {
    this.#bytes -= chunk.length - start;
  }
}
