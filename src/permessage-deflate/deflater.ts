import { Buffer } from 'node:buffer';
import { constants, createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { typeError } from '../errors.js';
import { MIN_DEFLATE_WINDOW_BITS } from './options.js';
import { SlidingWindow } from './sliding-window.js';
import { OUTPUT_CHUNK, ZlibJob } from './zlib-job.js';

export interface DeflaterOptions {
  /** The bits of the window, 9 to 15. */
  readonly windowBits: number;
  /** Whether each message is compressed by itself. */
  readonly noContextTakeover: boolean;
  /** The compression level of zlib, 0 to 9. */
  readonly level: number;
  /** The memory level of zlib, 1 to 9. */
  readonly memLevel: number;
}

/**
 * Messages of at most this many bytes are deflated synchronously, larger ones on the thread pool (bench/deflate.ts).
 */
const SYNC_INPUT = 8_192;

/**
 * A message may refer to earlier messages up to twice its own size, so that it can refer to all of a similar message,
 * and to at least 4 KiB of them. zlib indexes these bytes for each message. The whole window would cost a message of
 * 300 bytes 0.1 ms, to save one byte (bench/deflate.ts).
 */
const MIN_HISTORY = 4_096;
const HISTORY_PER_BYTE = 2;

/** zlib does not refer to the oldest bytes of its window (MIN_LOOKAHEAD in its deflate.h). */
const UNUSED_WINDOW = 262;

/** zlib ends a block after 2 ** (memLevel + SYMBOL_BITS) symbols. There is at most one symbol per byte. */
const SYMBOL_BITS = 6;

/** Extra room in the first chunk of output, for a message that does not get smaller. */
const SLACK = 64;

/** The end of an empty block, with which a sync flush ends (§7.2.1). */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** §7.2.3.6: an empty message is compressed to one octet, the start of an empty block that ends with the tail. */
const EMPTY_MESSAGE = 0x00;

/**
 * Deflates the messages for a peer, in order (RFC 7692 §7.2.1).
 *
 * With context takeover, it keeps the last plain text, at most 32 KiB, and passes it to zlib as a dictionary with each
 * message. A zlib stream that lives as long as the connection would hold 270 KiB, and 90 KiB even with a window of 1
 * KiB and memLevel 1 (bench/deflate.ts).
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

  /** How many bytes of memory are held between messages. */
  get contextSize(): number {
    return this.#history?.capacity ?? 0;
  }

  /**
   * Deflates a message and removes its tail. Returns a promise if the message is deflated on the thread pool. The next
   * message must then wait, and `bytes` must not change. The promise resolves to undefined if close() is called first.
   *
   * @throws the error of zlib if there is not enough memory
   */
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array | undefined> {
    if (this.#job !== undefined) throw typeError('deflate() was called before the previous message was deflated');
    if (bytes.length === 0) return Uint8Array.of(EMPTY_MESSAGE);
    const options = this.#optionsFor(bytes);
    if (bytes.length > SYNC_INPUT) return this.#deflateOnPool(bytes, options);
    const output = deflateRawSync(bytes, { ...options, chunkSize: bytes.length + SLACK });
    this.#history?.append(bytes);
    return withoutTail(output);
  }

  /**
   * Deflates the next part of a message of unknown size. Otherwise like deflate(). The peer can inflate each part as
   * soon as it arrives. endParts() returns the last bytes of the message.
   */
  async deflatePart(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    // Without context takeover, a part may still refer to earlier parts of its message.
    this.#history ??= new SlidingWindow(2 ** this.#options.windowBits);
    const output = await this.deflate(bytes);
    return output && Buffer.concat([output, TAIL]);
  }

  /** Ends a message that was deflated in parts. Returns its last bytes: the start of an empty block. */
  endParts(): Uint8Array {
    if (this.#options.noContextTakeover) this.#history = undefined;
    return Uint8Array.of(EMPTY_MESSAGE);
  }

  /**
   * Returns options with the smallest window and memory level that do not change the output. zlib clears its window and
   * its tables for each message. Smaller ones save a twentieth of the time of an echo of 1 KiB.
   */
  #optionsFor(bytes: Uint8Array): ZlibOptions {
    const { windowBits, memLevel } = this.#options;
    const dictionary = this.#history?.last(Math.max(MIN_HISTORY, HISTORY_PER_BYTE * bytes.length));
    const reach = bytes.length + (dictionary?.length ?? 0) + UNUSED_WINDOW;
    return {
      windowBits: Math.min(windowBits, Math.max(MIN_DEFLATE_WINDOW_BITS, bitsOf(reach))),
      memLevel: Math.min(memLevel, Math.max(1, bitsOf(bytes.length) - SYMBOL_BITS)),
      level: this.#options.level,
      // §7.2.1, 1.: "Compress all the octets of the payload of the message using DEFLATE." A sync flush does step 2,
      // too: the output ends with "an empty DEFLATE block with no compression".
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

  /** Frees all memory, even if a message is being deflated. */
  close(): void {
    this.#isClosed = true;
    this.#job?.close();
    this.#history = undefined;
  }
}

/** §7.2.1, 3.: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end." */
function withoutTail(output: Uint8Array): Uint8Array {
  return output.subarray(0, -TAIL.length);
}

/** Returns how many binary digits `count` has. */
function bitsOf(count: number): number {
  return 32 - Math.clz32(count);
}
