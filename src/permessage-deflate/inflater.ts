import { Buffer, constants as bufferConstants } from 'node:buffer';
import { constants, createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import { typeError } from '../errors.js';
import { InflateFault, inflateFault, isOutputLimit, MAX_STREAMS, TAIL } from './inflate-fault.js';
import { type InflateReceiver, InflateStream } from './inflate-stream.js';
import { MIN_DEFLATE_WINDOW_BITS } from './options.js';
import { SlidingWindow } from './sliding-window.js';
import { OUTPUT_CHUNK, OutputLimitError, ZlibJob, type ZlibOutput } from './zlib-job.js';

export type Inflated = Uint8Array | InflateFault;

export interface InflaterOptions {
  /** The bits of the peer's window, 8 to 15. */
  readonly windowBits: number;
  /** Whether each message is compressed by itself. */
  readonly noContextTakeover: boolean;
  /** The largest size of a message after inflating, in bytes. */
  readonly maxMessageSize: number;
}

/**
 * A message is inflated synchronously if it has at most SYNC_INPUT bytes and inflates to at most SYNC_OUTPUT bytes,
 * otherwise on the thread pool. Synchronously, it occupies this thread for at most 0.1 ms. The thread pool would occupy
 * it for half of that (bench/deflate.ts).
 */
const SYNC_INPUT = 16_384;
const SYNC_OUTPUT = 65_536;

/**
 * Room for the output of a message that is inflated synchronously, enough for most JSON. With zlib's default of 16 KiB,
 * the garbage collector would run over the whole heap every few thousand messages.
 */
const MIN_CHUNK = 1_024;
const EXPECTED_RATIO = 5;

/**
 * A message may pin this much memory, or twice its size. Node's pool, which small Buffers are part of, has this size in
 * most versions.
 */
const SMALL_MEMORY = 8_192;

/**
 * Inflates the messages of a peer, in order (RFC 7692 §7.2.2).
 *
 * With context takeover, it keeps the bytes of the window, at most 32 KiB, and passes them to zlib as a dictionary with
 * each message. So no zlib stream outlives a message, and small messages are inflated synchronously.
 */
export class Inflater {
  readonly #options: InflaterOptions;
  readonly #maxMessageSize: number;
  readonly #windowBits: number;
  readonly #window: SlidingWindow;
  #job: ZlibJob | undefined;
  #stream: InflateStream | undefined;
  #isClosed = false;

  constructor(options: InflaterOptions) {
    this.#options = options;
    // A Buffer cannot be larger.
    this.#maxMessageSize = Math.min(options.maxMessageSize, bufferConstants.MAX_LENGTH);
    // If the peer's zlib was told to use 8 bits, it silently uses 9.
    this.#windowBits = Math.max(options.windowBits, MIN_DEFLATE_WINDOW_BITS);
    this.#window = new SlidingWindow(2 ** this.#windowBits);
  }

  /** How many bytes of memory are held between messages. */
  get contextSize(): number {
    return this.#window.capacity;
  }

  /**
   * Inflates the payload of a message, all fragments joined. Returns a promise if the message is inflated on the thread
   * pool. The next message must then wait, and `bytes` must not change. The promise never rejects, and resolves to
   * undefined if close() is called first.
   */
  inflate(bytes: Uint8Array): Inflated | Promise<Inflated | undefined> {
    if (this.#job !== undefined) throw typeError('inflate() was called before the previous message was inflated');
    // An empty message should have one octet (§7.2.3.6). A message without octets is accepted as empty too.
    return bytes.length === 0 ? Buffer.alloc(0) : this.#inflateNext(bytes, []);
  }

  /**
   * Inflates the next message in parts, in little memory. The message after it must wait until the receiver is told
   * that this one is complete.
   */
  inflateStream(receiver: InflateReceiver): InflateStream {
    const { maxMessageSize, noContextTakeover } = this.#options;
    const options = { windowBits: this.#windowBits, maxMessageSize, noContextTakeover };
    this.#stream = new InflateStream(options, this.#window, receiver);
    return this.#stream;
  }

  /** Frees all memory, even if a message is being inflated. */
  close(): void {
    this.#isClosed = true;
    this.#job?.close();
    this.#stream?.close();
    this.#window.clear();
  }

  /** Inflates `rest`, the next DEFLATE stream of a message. `before` is the output of the earlier ones. */
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

  /** @throws an error of zlib, or an OutputLimitError */
  #inflateAtOnce(rest: Uint8Array, limit: number): ZlibOutput {
    const { buffer: output, engine } = inflateRawSync(Buffer.concat([rest, TAIL]), {
      windowBits: this.#windowBits,
      ...this.#dictionary,
      chunkSize: Math.min(Math.max(MIN_CHUNK, EXPECTED_RATIO * rest.length), constants.Z_DEFAULT_CHUNK),
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

  /** Takes the output of one stream. Most messages have only one. */
  #receive(stream: ZlibOutput, rest: Uint8Array, parts: Uint8Array[]): Inflated | Promise<Inflated | undefined> {
    parts.push(stream.output);
    const left = rest.subarray(stream.consumed);
    if (left.length === 0) return this.#finish(parts);
    // §7.2.3.4: a message may be compressed "using a DEFLATE block with "BFINAL" set to 1". zlib stops after it. The
    // message goes on, and its next blocks may refer to the earlier ones.
    if (parts.length === MAX_STREAMS) return new InflateFault('corrupt', `more than ${MAX_STREAMS} final blocks`);
    this.#window.append(stream.output);
    return this.#inflateNext(left, parts);
  }

  #finish(parts: readonly Uint8Array[]): Uint8Array {
    if (this.#options.noContextTakeover) this.#window.clear();
    else this.#window.append(parts.at(-1)!);
    const [first, ...more] = parts as [Uint8Array, ...Uint8Array[]];
    // The application may keep a message for long, so it must not pin a whole chunk.
    const isSmall = first.buffer.byteLength <= Math.max(SMALL_MEMORY, 2 * first.length);
    return more.length === 0 && isSmall ? first : joined(parts);
  }

  #faultOf(error: unknown): InflateFault {
    return inflateFault(error, this.#maxMessageSize);
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Joins the parts. The result pins at most 8 times its size if it has 1 KiB or more. */
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
