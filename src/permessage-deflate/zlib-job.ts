import { Buffer } from 'node:buffer';
import type { DeflateRaw, InflateRaw } from 'node:zlib';
import { type ZlibQueue, zlibQueue } from './zlib-queue.js';

/** What zlib made of an input. */
export interface ZlibOutput {
  readonly output: Uint8Array;
  /** Bytes of the input that it took: fewer than all where a DEFLATE stream ended before them. */
  readonly consumed: number;
}

/** More output came than was allowed. */
export class OutputLimitError extends Error {}

/** Bytes that zlib gives at a time on the thread pool: no more than these come on top of a limit. */
export const OUTPUT_CHUNK = 32_768;

/**
 * One input on its way through one zlib stream, on the thread pool, as soon as the queue lets it. The stream lives no longer than the
 * job: it is destroyed at the end, at the first error, and by close(), which frees its memory as soon as no thread uses it.
 */
export class ZlibJob {
  /** What came out; undefined where close() was called first. Rejects with zlib's error, or an OutputLimitError. */
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
   * @param createStream called when its turn comes, so that a job that waits holds no context
   * @param limit the most bytes of output
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
    // The listener stays for as long as the stream is there, so that no error of zlib's, however late, is one without a listener.
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
      // Memory is short.
      this.#end(() => this.#reject(error));
      return;
    }
    this.#end(() => this.#settle({ output, consumed }));
  }

  /** Gives up: what has come is forgotten, and zlib's memory freed. */
  close(): void {
    this.#end(() => this.#settle(undefined));
  }

  /** Only the first call settles anything, and destroys a stream that is not destroyed yet. */
  #end(settle: () => void): void {
    this.#isOver = true;
    settle();
    this.#input = [];
    this.#output = [];
    this.#stream?.destroy();
  }
}
