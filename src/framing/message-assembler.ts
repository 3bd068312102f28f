import { allocate, decodeUtf8, MAX_MEMORY } from '#platform';
import { copyOf } from './copy.js';
import type { Breach, FrameSink } from './frame-decoder.js';
import { type FrameHeader, RSV1 } from './frame-header.js';
import { MessageBuffer } from './message-buffer.js';
import { isControl, OPCODE, opcodeName } from './opcode.js';
import { Utf8Validator } from './utf8-validator.js';
import { VIOLATION } from './violations.js';

/** What receives the messages and the control frames between their fragments. */
export interface MessageSink {
  /** A whole message: text as a string, binary as bytes that nobody else writes to (other messages may lie in the same ArrayBuffer). */
  message(data: string | Uint8Array): void;
  /**
   * A message whose first frame bore RSV1, as it came: inflating it, and checking a text's UTF-8 behind that, is for others. Needed
   * where RSV1 is assigned (RFC 7692 §6).
   */
  compressedMessage?(bytes: Uint8Array, isText: boolean): void;
  /** A control frame. `payload` is lent for the call: copy what must be kept. */
  control(opcode: number, payload: Uint8Array): Breach | undefined;
}

export interface MessageLimits {
  /** The most bytes of a message's payload, whatever its number of fragments. */
  readonly maxMessageSize: number;
  /** The most frames of one message. */
  readonly maxFragments: number;
}

/**
 * No string of V8's is longer, and whoever sends a longer text must fail at its header, not throw in the decoder: the limit where
 * maxMessageSize is above it.
 */
export const MAX_TEXT_SIZE: number = 2 ** 29 - 24;

const NO_BYTES = new Uint8Array(0);

/**
 * A binary payload is handed on where it lies, which saves the copy and its memory, if whoever keeps it pins at most so many times its size, or
 * as much as the pool that a small copy would lie in. A payload of less than SMALL bytes is copied as fast as a view of it is made.
 */
const MOST_PINNED = 8;
const POOL_SIZE = 8_192;
const SMALL = 64;

/** Of a message that comes in several chunks, a piece of at least this size, which fills at least this share of its chunk, stays where it lies. */
const LARGE_PIECE = 4_096;
const PIECE_WORTH_KEEPING = 7 / 8;

/**
 * Frames to messages (RFC 6455 §5.4): fragments are joined, control frames between them handed on at once, text is checked
 * as it comes (§8.1), and the limits of §10.4 are judged at each header.
 */
export class MessageAssembler implements FrameSink {
  readonly #sink: MessageSink;
  #maxMessageSize = 0;
  #maxTextSize = 0;
  #maxFragments = 0;
  #ownsChunks = false;
  #inControl = false;
  #opcode = 0;
  #fin = false;

  /** OPCODE.TEXT or OPCODE.BINARY while a message is open, otherwise OPCODE.CONTINUATION, which begins none. */
  #messageOpcode: number = OPCODE.CONTINUATION;
  #isCompressed = false;
  #fragments = 0;
  /** Payload bytes that the message's headers have announced so far. */
  #announced = 0;
  /** The whole payload of a message that came in one piece. */
  #whole: string | Uint8Array | undefined;
  /** Made with the first text. */
  #validator: Utf8Validator | undefined;
  /** Serves messages that come in pieces, and is made with the first of them. */
  #buffer: MessageBuffer | undefined;

  /** The payload of a control frame, and how much of it is still to come. */
  #control: Uint8Array | undefined;
  #controlLeft = 0;

  /** @param ownsChunks as in FrameDecoderOptions: whether a payload may be handed on where it lies */
  constructor(sink: MessageSink, limits: MessageLimits, ownsChunks = false) {
    this.#sink = sink;
    this.reuse(limits, ownsChunks);
  }

  /** Makes an assembler that stands between two messages ready for those of another connection. */
  reuse(limits: MessageLimits, ownsChunks: boolean): void {
    this.#maxMessageSize = Math.min(limits.maxMessageSize, MAX_MEMORY);
    this.#maxFragments = limits.maxFragments;
    this.#maxTextSize = Math.min(limits.maxMessageSize, MAX_TEXT_SIZE);
    this.#ownsChunks = ownsChunks;
  }

  /** Whether no message is open. */
  get isBetweenMessages(): boolean {
    return this.#messageOpcode === OPCODE.CONTINUATION;
  }

  /** Bytes of memory held for a message that is not complete. */
  get retained(): number {
    return this.#buffer?.capacity ?? 0;
  }

  frameStart(header: Readonly<FrameHeader>): Breach | undefined {
    const isCompressed = (header.rsv & RSV1) !== 0;
    this.#opcode = header.opcode;
    this.#inControl = isControl(header.opcode);
    // "An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a data message"
    // (RFC 7692 §6.1).
    if (isCompressed && (this.#inControl || header.opcode === OPCODE.CONTINUATION)) {
      return { violation: VIOLATION.MISPLACED_COMPRESSED_BIT, detail: opcodeName(header.opcode) };
    }
    if (this.#inControl) {
      this.#controlLeft = header.payloadLength;
      return undefined;
    }
    if (header.opcode === OPCODE.CONTINUATION) {
      // "A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0", then the rest (§5.4).
      if (this.#messageOpcode === OPCODE.CONTINUATION) return { violation: VIOLATION.CONTINUATION_OF_NOTHING };
    } else {
      // "The fragments of one message MUST NOT be interleaved between the fragments of another message" (§5.4).
      if (this.#messageOpcode !== OPCODE.CONTINUATION) return { violation: VIOLATION.MESSAGE_INTERRUPTED };
      this.#messageOpcode = header.opcode;
      this.#isCompressed = isCompressed;
      this.#fragments = 0;
      this.#announced = 0;
    }
    this.#fin = header.fin;
    this.#announced += header.payloadLength;
    // "limitations regarding the frame size or total message size after reassembly from multiple frames" (§10.4). Empty fragments count too.
    const max = this.#messageOpcode === OPCODE.TEXT ? this.#maxTextSize : this.#maxMessageSize;
    if (this.#announced > max) {
      const detail = `${this.#announced} bytes, and at most ${max} are taken`;
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail };
    }
    if (++this.#fragments > this.#maxFragments) {
      return { violation: VIOLATION.TOO_MANY_FRAGMENTS, detail: `maxFragments is ${this.#maxFragments}` };
    }
    return undefined;
  }

  framePayload(bytes: Uint8Array, start: number, end: number): Breach | undefined {
    if (this.#inControl) {
      this.#takeControl(bytes, start, end);
      return undefined;
    }
    const isText = this.#messageOpcode === OPCODE.TEXT && !this.#isCompressed;
    if (isText) {
      this.#validator ??= new Utf8Validator();
      const index = this.#validator.check(bytes, start, end);
      if (index !== -1) return invalidUtf8(bytes, index);
    }
    try {
      this.#gather(bytes, start, end, isText);
    } catch {
      return this.#outOfMemory();
    }
    return undefined;
  }

  /** @throws where memory is short */
  #gather(bytes: Uint8Array, start: number, end: number, isText: boolean): void {
    // Most messages come whole in one piece, and need no buffer.
    if (this.#fin && end - start === this.#announced) {
      // A text whose last character is cut off is found out by frameEnd(), whatever it reads as here.
      this.#whole = isText ? decodeUtf8(bytes, start, end) : this.#keep(bytes, start, end);
      return;
    }
    this.#buffer ??= new MessageBuffer();
    const size = end - start;
    if (this.#ownsChunks && size >= LARGE_PIECE && size >= PIECE_WORTH_KEEPING * bytes.buffer.byteLength) {
      this.#buffer.keep(bytes.subarray(start, end));
      return;
    }
    this.#buffer.append(bytes, start, end, this.#fin ? this.#announced : this.#maxMessageSize);
  }

  /** Memory of this process is short: the message is too big for it, and nothing else. */
  #outOfMemory(): Breach {
    this.#buffer = undefined;
    return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `no memory for a message of ${this.#announced} bytes` };
  }

  /** Most control frames come whole in one piece, and are handed on where they lie. */
  #takeControl(bytes: Uint8Array, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    if (piece.length === this.#controlLeft && this.#control === undefined) {
      this.#control = piece;
    } else {
      // At most 125 bytes, so this is no memory on the word of a length field to speak of.
      this.#control ??= new Uint8Array(this.#controlLeft);
      this.#control.set(piece, this.#control.length - this.#controlLeft);
      this.#controlLeft -= piece.length;
    }
  }

  frameEnd(): Breach | undefined {
    if (this.#inControl) {
      const payload = this.#control ?? NO_BYTES;
      this.#inControl = false;
      this.#control = undefined;
      return this.#sink.control(this.#opcode, payload);
    }
    if (!this.#fin) return undefined;
    // A character that the message's end cuts off is as wrong as any other (§8.1).
    if (this.#validator?.isComplete === false) {
      return { violation: VIOLATION.INVALID_UTF8, detail: 'the last character is cut off' };
    }
    const isText = this.#messageOpcode === OPCODE.TEXT;
    let data: string | Uint8Array;
    try {
      data = this.#whole ?? this.#join(isText && !this.#isCompressed);
    } catch {
      return this.#outOfMemory();
    }
    this.#whole = undefined;
    this.#messageOpcode = OPCODE.CONTINUATION;
    if (this.#isCompressed) this.#sink.compressedMessage?.(data as Uint8Array, isText);
    else this.#sink.message(data);
    return undefined;
  }

  #join(asText: boolean): string | Uint8Array {
    const bytes = this.#buffer?.take() ?? allocate(0);
    return asText ? decodeUtf8(bytes, 0, bytes.length) : bytes;
  }

  /** The payload of a binary message, in memory that nobody else will write to. */
  #keep(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const size = end - start;
    const mayPin = size < SMALL ? 2 * size : Math.max(MOST_PINNED * size, POOL_SIZE);
    // Asking a view for its memory is slow, so its length is asked first.
    return this.#ownsChunks && bytes.length <= mayPin && bytes.buffer.byteLength <= mayPin
      ? bytes.subarray(start, end)
      : copyOf(bytes, start, end);
  }
}

function invalidUtf8(bytes: Uint8Array, index: number): Breach {
  const byte = bytes[index]!.toString(16).padStart(2, '0');
  return { violation: VIOLATION.INVALID_UTF8, detail: `byte 0x${byte} cannot stand here`, index };
}
