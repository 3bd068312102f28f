import { Buffer } from 'node:buffer';
import type { DeflateRaw, InflateRaw } from 'node:zlib';
import { type ZlibQueue, zlibQueue } from './zlib-queue.js';

/** The result of a job. */
export interface ZlibOutput {
  readonly output: Uint8Array;
  /** How many bytes of the input zlib has read: fewer than all if a DEFLATE stream ended earlier. */
  readonly consumed: number;
}

/** There was more output than allowed. */
export class OutputLimitError extends Error {}

/** The size of a chunk of output on the thread pool. The output exceeds a limit by at most this much. */
export const OUTPUT_CHUNK = 32_768;

/**
 * Passes an input through a zlib stream on the thread pool, when it is its turn in the queue. The stream is destroyed
 * at the end, at the first error, and by close(). Its memory is freed as soon as no thread uses it.
 */
export class ZlibJob {
  /** Resolves to undefined if close() is called first. Rejects with an error of zlib, or with an OutputLimitError. */
  readonly result: Promise<ZlibOutput | undefined>;
  readonly #queue: ZlibQueue;
  readonly #limit: number;
  #settle!: (result: ZlibOutput | undefined) => void;
  #reject!: (error: unknown) => void;
  #input: readonly Uint8Array[];
  #stream: InflateRaw | DeflateRaw | undefined;
  #output: Buffer[] = [];
  #size = 0;
  #isOver = false;

  /**
   * @param createStream called when it is the job's turn, so that a waiting job holds no context
   * @param limit the largest output, in bytes
   */
  constructor(
    createStream: () => InflateRaw | DeflateRaw,
    input: readonly Uint8Array[],
    limit: number,
    queue: ZlibQueue = zlibQueue,
  ) {
    this.#queue = queue;
    this.#limit = limit;
    this.#input = input;
    this.result = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
    queue.enter(() => this.#begin(createStream));
  }

  #begin(createStream: () => InflateRaw | DeflateRaw): void {
    if (this.#isOver) {
      this.#queue.leave();
      return;
    }
    try {
      this.#stream = createStream();
    } catch (error) {
      this.#end(() => this.#reject(error));
      this.#queue.leave();
      return;
    }
    const stream = this.#stream;
    // The listener is never removed: an error of zlib may come late, and without a listener it would end the process.
    stream.on('error', error => this.#end(() => this.#reject(error)));
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.#finish(stream.bytesWritten));
    stream.on('close', () => this.#queue.leave());
    const input = this.#input;
    this.#input = [];
    for (const piece of input) stream.write(piece);
    stream.end();
  }

  #receive(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#output.push(chunk);
    if (this.#size > this.#limit) this.#end(() => this.#reject(new OutputLimitError()));
  }

  #finish(consumed: number): void {
    let output: Buffer;
    try {
      output = Buffer.concat(this.#output, this.#size);
    } catch (error) {
      // There is not enough memory.
      this.#end(() => this.#reject(error));
      return;
    }
    this.#end(() => this.#settle({ output, consumed }));
  }

  /** Stops the job, discards its output and frees the memory of zlib. */
  close(): void {
    this.#end(() => this.#settle(undefined));
  }

  /** Settles the result and destroys the stream. Later calls have no effect on the result. */
  #end(settle: () => void): void {
    this.#isOver = true;
    settle();
    this.#input = [];
    this.#output = [];
    this.#stream?.destroy();
  }
}
