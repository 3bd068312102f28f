import { Buffer } from 'node:buffer';
import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { Fifo } from '../fifo.js';
import { InflateFault, inflateFault, MAX_STREAMS, TAIL } from './inflate-fault.js';
import type { SlidingWindow } from './sliding-window.js';
import { OUTPUT_CHUNK, OutputLimitError } from './zlib-job.js';

/** What an InflateStream calls, never within write(), end() or close(). */
export interface InflateReceiver {
  /** Whether no part may be delivered now. Call resume() when that changes. */
  readonly isStopped: boolean;
  /** The next part of the message. It is not empty, and its memory does not change. */
  part(bytes: Uint8Array): void;
  /** All bytes passed to write() have been inflated and delivered. */
  needsInput(): void;
  /** The whole message has been delivered. */
  complete(): void;
  /** The message cannot be inflated. Nothing follows. */
  failed(fault: InflateFault): void;
}

export interface InflateStreamOptions {
  readonly windowBits: number;
  readonly maxMessageSize: number;
  readonly noContextTakeover: boolean;
}

/**
 * Inflates one message in parts, on the thread pool (RFC 7692 §7.2.2).
 *
 *     write() ──▶ input, one piece at a time ──▶ zlib ──▶ part(), unless the receiver is stopped
 *
 * zlib makes one or two chunks of output ahead and then waits, so memory does not depend on the size of the message.
 */
export class InflateStream {
  readonly #options: InflateStreamOptions;
  readonly #window: SlidingWindow;
  readonly #receiver: InflateReceiver;
  readonly #input = new Fifo<Uint8Array>();
  #inputSize = 0;
  #zlib: InflateRaw | undefined;
  /** How many DEFLATE streams the message has had. */
  #streams = 0;
  /** The piece that zlib has, and how many bytes zlib was given with it and before. */
  #piece: Uint8Array | undefined;
  #given = 0;
  /** What zlib left of a piece because a DEFLATE stream ended within it. */
  #rest: Uint8Array | undefined;
  #size = 0;
  #hasEnded = false;
  #isClosed = false;

  /** @param window the bytes that the message may refer to; the message is added to it */
  constructor(options: InflateStreamOptions, window: SlidingWindow, receiver: InflateReceiver) {
    this.#options = options;
    this.#window = window;
    this.#receiver = receiver;
  }

  /** How many bytes of input wait. */
  get waiting(): number {
    return this.#inputSize;
  }

  /** Adds the next bytes of the message, which must not change. */
  write(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#inputSize += bytes.length;
    this.#writeNext();
  }

  /** The message has no more bytes. */
  end(): void {
    this.#hasEnded = true;
    // An empty message should have one octet (§7.2.3.6), but the meaning of none is clear.
    if (this.#zlib === undefined) queueMicrotask(() => this.#complete());
    else this.#writeNext();
  }

  /** Goes on after the receiver was stopped. */
  resume(): void {
    this.#proceed();
  }

  /** Frees all memory. Nothing more is delivered. */
  close(): void {
    this.#isClosed = true;
    this.#input.takeAll();
    this.#inputSize = 0;
    this.#zlib?.destroy();
  }

  #proceed(): void {
    if (!this.#deliver() || this.#piece !== undefined || this.#writeNext()) return;
    this.#receiver.needsInput();
  }

  /** Delivers the output that is ready. Returns whether there is no more of it. */
  #deliver(): boolean {
    while (!this.#isClosed && !this.#receiver.isStopped) {
      const bytes = this.#zlib?.read() as Buffer | null | undefined;
      if (bytes === null || bytes === undefined) return true;
      this.#size += bytes.length;
      if (this.#size > this.#options.maxMessageSize) {
        this.#fail(inflateFault(new OutputLimitError(), this.#options.maxMessageSize));
        return false;
      }
      this.#window.append(bytes);
      // The application may keep a part for long, so it must not pin a whole chunk.
      this.#receiver.part(2 * bytes.length < OUTPUT_CHUNK ? Buffer.from(bytes) : bytes);
    }
    return false;
  }

  /** Gives zlib its next piece. Returns false if there is none. */
  #writeNext(): boolean {
    if (this.#isClosed || this.#piece !== undefined) return true;
    const next = this.#rest ?? this.#input.shift() ?? (this.#hasEnded ? TAIL : undefined);
    if (next === undefined) return false;
    this.#piece = next;
    this.#rest = undefined;
    try {
      this.#zlib ??= this.#createZlib();
    } catch (error) {
      // There is not enough memory.
      queueMicrotask(() => this.#fail(inflateFault(error, this.#options.maxMessageSize)));
      return true;
    }
    const zlib = this.#zlib;
    this.#given += next.length;
    const written = () => {
      if (this.#isClosed || zlib !== this.#zlib) return;
      if (next !== TAIL) this.#inputSize -= next.length;
      this.#piece = undefined;
      this.#proceed();
    };
    if (next === TAIL) zlib.end(next);
    else zlib.write(next, written);
    return true;
  }

  #createZlib(): InflateRaw {
    const dictionary = this.#window.bytes;
    const zlib = createInflateRaw({
      windowBits: this.#options.windowBits,
      chunkSize: OUTPUT_CHUNK,
      ...(dictionary.length === 0 ? {} : { dictionary }),
    });
    this.#streams++;
    this.#given = 0;
    // The listener is never removed: an error of zlib may come late, and without a listener it would end the process.
    zlib.on('error', error => this.#fail(inflateFault(error, this.#options.maxMessageSize)));
    zlib.on('readable', () => {
      if (zlib === this.#zlib) this.#proceed();
    });
    zlib.on('end', () => this.#streamEnded(zlib));
    return zlib;
  }

  /** A DEFLATE stream has ended, and all of its output has been delivered. */
  #streamEnded(zlib: InflateRaw): void {
    if (this.#isClosed || zlib !== this.#zlib) return;
    const piece = this.#piece!;
    if (piece === TAIL) {
      this.#complete();
      return;
    }
    // §7.2.3.4: a message may be compressed "using a DEFLATE block with "BFINAL" set to 1". zlib stops after it. The
    // message goes on, and its next blocks may refer to the earlier ones.
    if (this.#streams === MAX_STREAMS) {
      this.#fail(new InflateFault('corrupt', `more than ${MAX_STREAMS} final blocks`));
      return;
    }
    const left = this.#given - zlib.bytesWritten;
    this.#rest = piece.subarray(piece.length - left);
    this.#inputSize -= piece.length - left;
    this.#piece = undefined;
    this.#zlib = undefined;
    zlib.destroy();
    this.#proceed();
  }

  #complete(): void {
    if (this.#isClosed) return;
    this.close();
    if (this.#options.noContextTakeover) this.#window.clear();
    this.#receiver.complete();
  }

  #fail(fault: InflateFault): void {
    if (this.#isClosed) return;
    this.close();
    this.#receiver.failed(fault);
  }
}
