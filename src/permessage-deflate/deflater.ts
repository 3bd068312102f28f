import { constants, createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { LEAST_DEFLATE_WINDOW_BITS } from './options.js';
import { SlidingWindow } from './sliding-window.js';
import { OUTPUT_CHUNK, ZlibJob } from './zlib-job.js';

export interface DeflaterOptions {
  /** Bits of the window, 9 to 15. */
  readonly windowBits: number;
  /** Whether every message stands alone. */
  readonly noContextTakeover: boolean;
  /** zlib's, 0 to 9. */
  readonly level: number;
  /** zlib's, 1 to 9. */
  readonly memLevel: number;
}

/** Messages of at most so many bytes are deflated at once, by one call; others on the thread pool (bench/deflate.ts). */
const SYNC_INPUT = 8_192;

/**
 * How many bytes of earlier messages a message may refer to: twice its own size, so that one much like the last finds all of it, and at
 * least 4 KiB. zlib must index them anew for each message: the whole window would cost a message of 300 bytes 0.1 ms for one byte
 * less (bench/deflate.ts).
 */
const LEAST_HISTORY = 4_096;
const HISTORY_PER_BYTE = 2;

/** How many bytes short of its window zlib stops looking back (deflate.h's MIN_LOOKAHEAD). */
const UNUSED_WINDOW = 262;

/** zlib ends a block at 2 to the power of memLevel and this many bits symbols: one for each byte, at most. */
const SYMBOL_BITS = 6;

/** Room in the first chunk of output for what does not get smaller. */
const SLACK = 64;

/** Bytes of 0x00 0x00 0xff 0xff. */
const TAIL_LENGTH = 4;

/** §7.2.3.6: an empty message may be compressed to one octet: the header of an empty block whose rest is the tail. */
const EMPTY_MESSAGE = 0x00;

/**
 * Deflates the messages for one peer, in order (RFC 7692 §7.2.1).
 *
 * A context that is taken over is kept as the last plain text alone, and handed to zlib as a dictionary with each message: at most
 * 32 KiB. A zlib stream that lives with the connection holds 270, and 90 even with a window of 1 KiB and memLevel 1
 * (bench/deflate.ts).
 */
export class Deflater {
  readonly #options: DeflaterOptions;
  #history: SlidingWindow | undefined;
  #job: ZlibJob | undefined;
  #isClosed = false;

  constructor(options: DeflaterOptions) {
    this.#options = options;
    if (!options.noContextTakeover) this.#history = new SlidingWindow(2 ** options.windowBits);
  }

  /** Bytes of memory held between messages. */
  get contextSize(): number {
    return this.#history?.capacity ?? 0;
  }

  /**
   * Deflates one message, without its tail. A promise stands for a message that is deflated on the thread pool: the next one must
   * wait for it, and `bytes` must not change meanwhile. It gives undefined where close() is called first.
   *
   * @throws zlib's error where there is no memory for it
   */
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array | undefined> {
    if (this.#job !== undefined) throw new TypeError('deflate() before the message in front of it is deflated');
    if (bytes.length === 0) return Uint8Array.of(EMPTY_MESSAGE);
    const options = this.#optionsFor(bytes);
    if (bytes.length > SYNC_INPUT) return this.#deflateOnPool(bytes, options);
    const output = deflateRawSync(bytes, { ...options, chunkSize: bytes.length + SLACK });
    this.#history?.append(bytes);
    return withoutTail(output);
  }

  /**
   * zlib clears its window and its tables for each message. Where the message needs less of them than was agreed it gets less, which makes no
   * difference to what comes out, and takes a twentieth of the time of an echo of 1 KiB.
   */
  #optionsFor(bytes: Uint8Array): ZlibOptions {
    const { windowBits, memLevel } = this.#options;
    const dictionary = this.#history?.last(Math.max(LEAST_HISTORY, HISTORY_PER_BYTE * bytes.length));
    const reach = bytes.length + (dictionary?.length ?? 0) + UNUSED_WINDOW;
    return {
      windowBits: Math.min(windowBits, Math.max(LEAST_DEFLATE_WINDOW_BITS, bitsOf(reach))),
      memLevel: Math.min(memLevel, Math.max(1, bitsOf(bytes.length) - SYMBOL_BITS)),
      level: this.#options.level,
      // §7.2.1, 1.: "Compress all the octets of the payload of the message using DEFLATE." A sync flush does step 2, too: the output
      // ends with "an empty DEFLATE block with no compression".
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary?.length ? { dictionary } : {}),
    };
  }

  async #deflateOnPool(bytes: Uint8Array, options: ZlibOptions): Promise<Uint8Array | undefined> {
    const createStream = () => createDeflateRaw({ ...options, chunkSize: OUTPUT_CHUNK });
    this.#job = new ZlibJob(createStream, [bytes], Number.POSITIVE_INFINITY);
    try {
      const stream = await this.#job.result;
      if (stream === undefined || this.#isClosed) return undefined;
      this.#history?.append(bytes);
      return withoutTail(stream.output);
    } finally {
      this.#job = undefined;
    }
  }

  /** Frees all memory, also where a message is being deflated. */
  close(): void {
    this.#isClosed = true;
    this.#job?.close();
    this.#history = undefined;
  }
}

/** §7.2.1, 3.: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end." */
function withoutTail(output: Uint8Array): Uint8Array {
  return output.subarray(0, -TAIL_LENGTH);
}

/** How many bits it takes to write `count`. */
function bitsOf(count: number): number {
  return 32 - Math.clz32(count);
}
