import { Buffer, constants as bufferConstants } from 'node:buffer';
import { constants, createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import { LEAST_DEFLATE_WINDOW_BITS } from './options.js';
import { SlidingWindow } from './sliding-window.js';
import { OUTPUT_CHUNK, OutputLimitError, ZlibJob, type ZlibOutput } from './zlib-job.js';

/** Why a message cannot be inflated: the peer's fault, so it is given and not thrown. */
export class InflateFault {
  /** 'too-big': more bytes than allowed, or than there is memory for (close code 1009). 'corrupt': no DEFLATE data (1007, as for text that is no UTF-8). */
  readonly kind: 'too-big' | 'corrupt';
  /** What is wrong, for people. */
  readonly detail: string;

  constructor(kind: InflateFault['kind'], detail: string) {
    this.kind = kind;
    this.detail = detail;
  }
}

export type Inflated = Uint8Array | InflateFault;

export interface InflaterOptions {
  /** Bits of the peer's window, 8 to 15. */
  readonly windowBits: number;
  /** Whether every message stands alone. */
  readonly noContextTakeover: boolean;
  /** The most bytes of one message, inflated. */
  readonly maxMessageSize: number;
}

/**
 * Messages of at most so many compressed bytes are inflated at once, by one call, and those that give more than so many bytes on the
 * thread pool after all. At once they keep this thread for 0.1 ms at worst, and the pool would keep it for half of that
 * (bench/deflate.ts).
 */
const SYNC_INPUT = 16_384;
const SYNC_OUTPUT = 65_536;

/**
 * Room for the output of a message that is inflated at once: as much as JSON gives mostly. zlib's own 16 KiB for each message bring on a
 * collection of the whole heap every few thousand of them.
 */
const LEAST_CHUNK = 1_024;
const EXPECTED_RATIO = 5;

/** A message may pin this much, or twice its size: Node's pool, of which small Buffers are parts, has this size in most versions. */
const SMALL_MEMORY = 8_192;

/** DEFLATE streams that one message may hold. One is the rule; each costs some microseconds, and takes only two bytes to ask for. */
const MAX_STREAMS = 256;

/**
 * §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message." The block behind them is empty and final:
 * zlib reaches it only where the message is whole, and says so where it breaks off instead of waiting for more.
 */
const TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x03, 0x00);

/**
 * Inflates the messages of one peer, in order (RFC 7692 §7.2.2).
 *
 * A context that is taken over is kept as the bytes of its window alone, and handed to zlib as a dictionary with each message: at most
 * 32 KiB, no zlib stream that outlives a message, and small messages are inflated at once all the same.
 */
export class Inflater {
  readonly #options: InflaterOptions;
  readonly #maxMessageSize: number;
  readonly #windowBits: number;
  readonly #window: SlidingWindow;
  #job: ZlibJob | undefined;
  #isClosed = false;

  constructor(options: InflaterOptions) {
    this.#options = options;
    // A Buffer holds no more.
    this.#maxMessageSize = Math.min(options.maxMessageSize, bufferConstants.MAX_LENGTH);
    // A peer whose zlib was asked for 8 bits has taken 9 in silence.
    this.#windowBits = Math.max(options.windowBits, LEAST_DEFLATE_WINDOW_BITS);
    this.#window = new SlidingWindow(2 ** this.#windowBits);
  }

  /** Bytes of memory held between messages. */
  get contextSize(): number {
    return this.#window.capacity;
  }

  /**
   * Inflates the payload of one message, all fragments together. A promise stands for a message that is inflated on the thread
   * pool: the next one must wait for it, and `bytes` must not change meanwhile. It never rejects, and gives undefined where
   * close() is called first.
   */
  inflate(bytes: Uint8Array): Inflated | Promise<Inflated | undefined> {
    if (this.#job !== undefined) throw new TypeError('inflate() before the message in front of it is inflated');
    // Not even a block is there to be ended. It should have been one octet (§7.2.3.6), but what it means is plain.
    return bytes.length === 0 ? Buffer.alloc(0) : this.#inflateNext(bytes, []);
  }

  /** Frees all memory, also where a message is being inflated. */
  close(): void {
    this.#isClosed = true;
    this.#job?.close();
    this.#window.clear();
  }

  /** Inflates what is left of a message behind those of its streams that have ended. */
  #inflateNext(rest: Uint8Array, before: Uint8Array[]): Inflated | Promise<Inflated | undefined> {
    const size = lengthOf(before);
    const room = this.#maxMessageSize - size;
    if (rest.length > SYNC_INPUT) return this.#inflateOnPool(rest, before, room);
    const roomAtOnce = Math.min(room, Math.max(0, SYNC_OUTPUT - size));
    let stream: ZlibOutput;
    try {
      stream = this.#inflateAtOnce(rest, roomAtOnce);
    } catch (error) {
      const isLarge = isOutputLimit(error) && room > roomAtOnce;
      return isLarge ? this.#inflateOnPool(rest, before, room) : this.#faultOf(error);
    }
    try {
      return this.#receive(stream, rest, before);
    } catch (error) {
      return this.#faultOf(error);
    }
  }

  /** @throws zlib's error, or an OutputLimitError */
  #inflateAtOnce(rest: Uint8Array, limit: number): ZlibOutput {
    const { buffer: output, engine } = inflateRawSync(Buffer.concat([rest, TAIL]), {
      windowBits: this.#windowBits,
      ...this.#dictionary,
      chunkSize: Math.min(Math.max(LEAST_CHUNK, EXPECTED_RATIO * rest.length), constants.Z_DEFAULT_CHUNK),
      maxOutputLength: Math.max(limit, 1),
      info: true,
    }) as unknown as { readonly buffer: Buffer; readonly engine: InflateRaw };
    if (output.length > limit) throw new OutputLimitError();
    return { output, consumed: engine.bytesWritten };
  }

  async #inflateOnPool(rest: Uint8Array, before: Uint8Array[], room: number): Promise<Inflated | undefined> {
    const options = { windowBits: this.#windowBits, ...this.#dictionary, chunkSize: OUTPUT_CHUNK };
    this.#job = new ZlibJob(() => createInflateRaw(options), [rest, TAIL], room);
    try {
      const stream = await this.#job.result;
      this.#job = undefined;
      return stream === undefined || this.#isClosed ? undefined : this.#receive(stream, rest, before);
    } catch (error) {
      this.#job = undefined;
      return this.#faultOf(error);
    }
  }

  get #dictionary(): { dictionary?: Uint8Array } {
    const dictionary = this.#window.bytes;
    return dictionary.length === 0 ? {} : { dictionary };
  }

  /** Takes the output of one stream: mostly, that is the message. */
  #receive(stream: ZlibOutput, rest: Uint8Array, parts: Uint8Array[]): Inflated | Promise<Inflated | undefined> {
    parts.push(stream.output);
    const left = rest.subarray(stream.consumed);
    if (left.length === 0) return this.#finish(parts);
    // §7.2.3.4: a message may be compressed "using a DEFLATE block with "BFINAL" set to 1". zlib stops there, the message does not, and its
    // next blocks may still refer to what was before.
    if (parts.length === MAX_STREAMS) return new InflateFault('corrupt', `more than ${MAX_STREAMS} final blocks`);
    this.#window.append(stream.output);
    return this.#inflateNext(left, parts);
  }

  #finish(parts: readonly Uint8Array[]): Uint8Array {
    if (this.#options.noContextTakeover) this.#window.clear();
    else this.#window.append(parts.at(-1)!);
    const [first, ...more] = parts as [Uint8Array, ...Uint8Array[]];
    // A message may be kept for long: it does not keep the memory of a whole chunk from being freed.
    const isSmall = first.buffer.byteLength <= Math.max(SMALL_MEMORY, 2 * first.length);
    return more.length === 0 && isSmall ? first : joined(parts);
  }

  #faultOf(error: unknown): InflateFault {
    const limit = this.#maxMessageSize;
    if (isOutputLimit(error)) return new InflateFault('too-big', `it inflates to more than ${limit} bytes`);
    if (isOutOfMemory(error)) return new InflateFault('too-big', `no memory for it: ${(error as Error).message}`);
    return new InflateFault('corrupt', (error as Error).message);
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** The parts in one, which pins at most 8 times its size from 1 KiB on. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const size = lengthOf(parts);
  if (8 * size < SMALL_MEMORY) return Buffer.concat(parts);
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Buffer and zlib say so in several ways. What else they throw is a TypeError, or has a code of zlib's. */
function isOutOfMemory(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'RangeError' || code === 'Z_MEM_ERROR' || code === 'ERR_MEMORY_ALLOCATION_FAILED';
}

function isOutputLimit(error: unknown): boolean {
  return error instanceof OutputLimitError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}
