import { isUtf8 } from '#platform';
import type { Violation } from '../errors.js';
import { OPCODE } from '../framing/opcode.js';
import { VIOLATION } from '../framing/violations.js';
import { GrowingBytes } from '../handshake/growing-bytes.js';
import { isError } from '../host-values.js';
import type { FrameItem, MessageItem } from './items.js';

/**
 * Inflates a compressed message (RFC 7692 §7.2.2).
 *
 * @param compressed the payload of the message, with 00 00 ff ff appended
 * @param history the last bytes of the messages before it, at most 32 KiB; empty if the context is not taken over
 * @param limit the most bytes to return
 * @throws {RangeError} if the result is larger than `limit`
 * @throws if the data is not valid
 */
export type Inflate = (compressed: Uint8Array, history: Uint8Array, limit: number) => Uint8Array;

/** The window of DEFLATE. */
const HISTORY = 32_768;
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const NO_BYTES = new Uint8Array(0);

/** The most bytes of a compressed message that are gathered, and that it may inflate to. It bounds memory. */
const INFLATE_LIMIT = 16 * 1024 * 1024;

export interface MessageJoinerOptions {
  readonly inflate: Inflate | undefined;
  /** Whether a message may refer to those before it (RFC 7692 §7.1.1). */
  readonly takesOver: boolean;
  /** Whether messages before the first one are unknown. */
  readonly startsMidway: boolean;
  /** How many bytes of a message are kept. */
  readonly maxMessage: number;
}

/** A message, and the rule that it breaks. */
export interface Joined {
  /** Its index is 0, for the caller to set. */
  readonly message: MessageItem & { index: number };
  readonly violation: Violation | undefined;
  readonly detail: string;
}

/** Joins the frames of one side to messages, and inflates them. */
export class MessageJoiner {
  readonly #options: MessageJoinerOptions;
  #data = new GrowingBytes();
  #first: FrameItem | undefined;
  #length = 0;
  #isPartial = false;
  #history: Uint8Array = NO_BYTES;
  /** Whether a message was lost that a later one may refer to. */
  #isContextLost: boolean;

  constructor(options: MessageJoinerOptions) {
    this.#options = options;
    this.#isContextLost = options.startsMidway && options.takesOver;
  }

  /** Takes the next data frame. Returns the message that it completes. */
  take(frame: FrameItem): Joined | undefined {
    // Most messages are one frame, whose payload need not be copied.
    const { payload, received } = frame;
    const isWhole = frame.fin && this.#first === undefined && payload.length === received;
    if (
      isWhole &&
      payload.length <= this.#options.maxMessage &&
      frame.missing === 0 &&
      received === frame.payloadLength
    ) {
      this.#length = received;
      this.#isPartial = false;
      return frame.error === undefined ? this.#join(frame, frame, payload) : undefined;
    }
    this.#first ??= this.#begin(frame);
    const max = this.#first.isCompressed ? INFLATE_LIMIT : this.#options.maxMessage;
    // Only the bytes before the first that was not kept are a beginning of the message.
    if (this.#data.length === this.#length) {
      this.#data.append(frame.payload, 0, Math.min(frame.payload.length, max - this.#length));
    }
    this.#length += frame.received;
    if (frame.missing > 0) this.#isPartial = true;
    if (!frame.fin || frame.error !== undefined || frame.received < frame.payloadLength) return undefined;
    const joined = this.#join(this.#first, frame, this.#data.view().slice());
    this.#first = undefined;
    return joined;
  }

  #begin(frame: FrameItem): FrameItem {
    this.#data = new GrowingBytes();
    this.#length = 0;
    this.#isPartial = false;
    return frame;
  }

  #join(first: FrameItem, last: FrameItem, data: Uint8Array): Joined {
    const isWhole = data.length === this.#length && !this.#isPartial;
    const message = {
      type: 'message' as const,
      from: last.from,
      time: last.time,
      offset: first.offset,
      index: 0,
      opcode: first.content,
      frames: [first.index, last.index] as const,
      data,
      length: this.#length,
      compressedLength: first.isCompressed ? this.#length : undefined,
    };
    const fine = { violation: undefined, detail: '' };
    if (first.isCompressed) return this.#inflated(message, isWhole);
    if (first.content === OPCODE.CONTINUATION) {
      return { message: { ...message, note: 'it began before the capture' }, ...fine };
    }
    if (this.#isPartial) return { message: { ...message, note: 'the capture misses bytes of it' }, ...fine };
    return {
      message: isWhole ? message : { ...message, note: `only the first ${data.length} bytes are kept` },
      ...fine,
    };
  }

  #inflated(message: MessageItem, isWhole: boolean): Joined {
    const { inflate, takesOver, maxMessage } = this.#options;
    const isText = message.opcode === OPCODE.TEXT;
    const unread = (note: string, violation?: Violation, detail = ''): Joined => {
      this.#isContextLost ||= takesOver;
      return { message: { ...message, note }, violation, detail };
    };
    if (inflate === undefined) return unread('it is compressed');
    if (!isWhole) return unread('it is compressed, and bytes of it are missing');
    let data: Uint8Array;
    try {
      data = inflate(concat(message.data, TAIL), this.#history, INFLATE_LIMIT);
    } catch (error) {
      if (isRangeError(error)) return unread(`it inflates to more than ${INFLATE_LIMIT} bytes`);
      if (this.#isContextLost) return unread('it is compressed, and refers to an earlier message that is unknown');
      return unread('it cannot be inflated', VIOLATION.INVALID_COMPRESSED_DATA, describe(error));
    }
    if (takesOver) this.#history = concat(this.#history, data).slice(-HISTORY);
    const isBroken = isText && !isUtf8(data, 0, data.length);
    const kept = data.length > maxMessage ? data.slice(0, maxMessage) : data;
    const shortened = kept === data ? {} : { note: `only the first ${maxMessage} bytes are kept` };
    return {
      message: { ...message, data: kept, length: data.length, ...shortened },
      violation: isBroken && !this.#isContextLost ? VIOLATION.INVALID_UTF8 : undefined,
      detail: isBroken ? 'after inflating' : '',
    };
  }
}

function isRangeError(error: unknown): boolean {
  return isError(error) && error.name === 'RangeError';
}

function describe(error: unknown): string {
  return isError(error) ? error.message : '';
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
