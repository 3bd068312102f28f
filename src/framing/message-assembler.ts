import { allocate, decodeKnown, decodeUtf8, MAX_MEMORY } from '#platform';
import { copyOf } from './copy.js';
import type { Failure, FrameSink } from './frame-decoder.js';
import { type FrameHeader, RSV1 } from './frame-header.js';
import { MessageBuffer } from './message-buffer.js';
import { isControl, OPCODE, opcodeName } from './opcode.js';
import { Utf8Validator } from './utf8-validator.js';
import { VIOLATION } from './violations.js';
import { WholeCharacters } from './whole-characters.js';

/** Receives messages, and the control frames between their fragments. */
export interface MessageSink {
  /**
   * A whole message: text as a string, unless the assembler leaves it encoded; binary as bytes that do not change. The
   * ArrayBuffer may hold other messages too.
   */
  message(data: string | Uint8Array, isText: boolean): void;
  /**
   * A message begins. Its parts follow as they arrive. Needed if `streams` is set, as is messagePart(). If
   * `isCompressed`, its parts are bytes that are not inflated, and the receiver checks the UTF-8 of a text.
   */
  messageStart?(isText: boolean, isCompressed: boolean): void;
  /** The next part of a message. It is not empty. A text that is not compressed is never cut within a character. */
  messagePart?(data: string | Uint8Array): void;
  messageEnd?(): void;
  /**
   * A message whose first frame has RSV1 (RFC 7692 §6), not inflated. The receiver inflates it and checks the UTF-8 of
   * a text. Needed if RSV1 is assigned.
   */
  compressedMessage?(bytes: Uint8Array, isText: boolean): void;
  /** A control frame. `payload` is only valid during the call: copy what you keep. */
  control(opcode: number, payload: Uint8Array): Failure | undefined;
}

/** The limits of one message. */
export interface MessageLimits {
  /** The largest payload of a message in bytes, all fragments together. */
  readonly maxMessageSize: number;
  /** The most frames of one message. */
  readonly maxFragments: number;
}

/**
 * The longest string of V8. A longer text fails the connection at its header, even if maxMessageSize allows it, because
 * decoding it would throw.
 */
export const MAX_TEXT_SIZE: number = 2 ** 29 - 24;

/**
 * A compressed message in one frame of at most this many bytes is passed on whole even if messages are streamed,
 * because starting a zlib stream costs more than inflating it. It inflates to at most 1 MiB.
 */
const SMALL_COMPRESSED = 1_024;

const NO_BYTES = new Uint8Array(0);

/**
 * A view of the chunk saves a copy, but pins the whole chunk. So a binary payload is passed on as a view only if the
 * chunk is at most MOST_PINNED times as large, or at most as large as the pool that a small copy would be part of.
 * Below SMALL bytes, a copy is as fast as a view.
 */
const MOST_PINNED = 8;
const POOL_SIZE = 8_192;
const SMALL = 64;

/**
 * A piece of a larger message that has at least this size is written to the memory of its message, if that is allocated
 * already. Otherwise it is not copied yet if it fills at least this share of its chunk.
 */
const LARGE_PIECE = 4_096;
const PIECE_WORTH_KEEPING = 7 / 8;

/**
 * Assembles frames into messages (RFC 6455 §5.4). Fragments are joined, and control frames between them are passed on
 * at once. Text is checked as it arrives (§8.1), and the limits of §10.4 at each header.
 */
export class MessageAssembler implements FrameSink {
  readonly #sink: MessageSink;
  /** Whether the parts of later messages are passed on as they arrive, except for small compressed messages. */
  streams = false;
  #isStreamed = false;
  /** Made with the first text that is streamed. */
  #characters: WholeCharacters | undefined;
  #decodesText = true;
  #maxStreamSize = 0;
  #maxMessageSize = 0;
  #maxTextSize = 0;
  #maxFragments = 0;
  #ownsChunks = false;
  #inControl = false;
  #opcode = 0;
  #fin = false;

  /** OPCODE.TEXT or OPCODE.BINARY during a message, otherwise OPCODE.CONTINUATION. */
  #messageOpcode: number = OPCODE.CONTINUATION;
  #isCompressed = false;
  #fragments = 0;
  /** The sum of the payload lengths in the message's headers so far. */
  #announced = 0;
  /** The whole payload of a message that arrived in one piece. */
  #whole: string | Uint8Array | undefined;
  /** Made with the first text. */
  #validator: Utf8Validator | undefined;
  /** Gathers messages that arrive in pieces. Made with the first of them. */
  #buffer: MessageBuffer | undefined;
  /** Memory of #buffer for the next piece. */
  #room: Uint8Array | undefined;
  /** Whether that memory could not be allocated. The piece then fails the message. */
  #lacksRoom = false;

  /** The payload of a control frame, and how many of its bytes are missing. */
  #control: Uint8Array | undefined;
  #controlLeft = 0;

  /**
   * @param ownsChunks as in FrameDecoderOptions: whether a payload may be passed on without a copy
   * @param decodesText whether text becomes a string. Otherwise it is passed on as bytes that were checked to be UTF-8.
   */
  constructor(sink: MessageSink, limits: MessageLimits, ownsChunks = false, decodesText = true) {
    this.#sink = sink;
    this.reuse(limits, ownsChunks, decodesText);
  }

  /** Prepares an assembler that is between two messages for another connection. */
  reuse(limits: MessageLimits, ownsChunks: boolean, decodesText = true): void {
    this.streams = false;
    this.#decodesText = decodesText;
    this.#maxStreamSize = limits.maxMessageSize;
    this.#maxMessageSize = Math.min(limits.maxMessageSize, MAX_MEMORY);
    this.#maxFragments = limits.maxFragments;
    this.#maxTextSize = Math.min(limits.maxMessageSize, decodesText ? MAX_TEXT_SIZE : MAX_MEMORY);
    this.#ownsChunks = ownsChunks;
  }

  /** Whether the frames so far end between two messages. */
  get isBetweenMessages(): boolean {
    return this.#messageOpcode === OPCODE.CONTINUATION;
  }

  /** The size of the memory held for an incomplete message. */
  get retained(): number {
    return this.#buffer?.capacity ?? 0;
  }

  /** Checks a frame as part of a message (RFC 6455 §5.4). */
  frameStart(header: Readonly<FrameHeader>): Failure | undefined {
    const isCompressed = (header.rsv & RSV1) !== 0;
    this.#opcode = header.opcode;
    this.#inControl = isControl(header.opcode);
    // "An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a data
    // message" (RFC 7692 §6.1).
    if (isCompressed && (this.#inControl || header.opcode === OPCODE.CONTINUATION)) {
      return { violation: VIOLATION.MISPLACED_COMPRESSED_BIT, detail: opcodeName(header.opcode) };
    }
    if (this.#inControl) {
      this.#controlLeft = header.payloadLength;
      return undefined;
    }
    if (header.opcode === OPCODE.CONTINUATION) {
      // "A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0" (§5.4).
      if (this.#messageOpcode === OPCODE.CONTINUATION) return { violation: VIOLATION.CONTINUATION_OF_NOTHING };
    } else {
      // "The fragments of one message MUST NOT be interleaved between the fragments of another message" (§5.4).
      if (this.#messageOpcode !== OPCODE.CONTINUATION) return { violation: VIOLATION.MESSAGE_INTERRUPTED };
      this.#messageOpcode = header.opcode;
      this.#isCompressed = isCompressed;
      const isSmall = isCompressed && header.fin && header.payloadLength <= SMALL_COMPRESSED;
      this.#isStreamed = this.streams && !isSmall;
      this.#fragments = 0;
      this.#announced = 0;
    }
    this.#fin = header.fin;
    this.#announced += header.payloadLength;
    // "limitations regarding the frame size or total message size after reassembly from multiple frames" (§10.4).
    const max = this.#limit;
    if (this.#announced > max) {
      const detail = `${this.#announced} bytes, of at most ${max}`;
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail };
    }
    if (++this.#fragments > this.#maxFragments) {
      return { violation: VIOLATION.TOO_MANY_FRAGMENTS, detail: `maxFragments is ${this.#maxFragments}` };
    }
    if (this.#isStreamed && this.#fragments === 1) {
      this.#sink.messageStart?.(this.#messageOpcode === OPCODE.TEXT, isCompressed);
    }
    return undefined;
  }

  /** The most bytes of this message. */
  get #limit(): number {
    if (this.#isStreamed) return this.#maxStreamSize;
    return this.#messageOpcode === OPCODE.TEXT ? this.#maxTextSize : this.#maxMessageSize;
  }

  /** Returns memory for the next piece of a large message, if the size of the message is known. */
  payloadRoom(size: number): Uint8Array | undefined {
    if (this.#inControl || this.#isStreamed || !this.#fin || size < LARGE_PIECE) return undefined;
    try {
      this.#buffer ??= new MessageBuffer();
      this.#room = this.#buffer.room(size, this.#announced);
      return this.#room;
    } catch {
      this.#lacksRoom = true;
      return undefined;
    }
  }

  /** Takes the next piece of a payload. */
  framePayload(bytes: Uint8Array, start: number, end: number): Failure | undefined {
    if (this.#lacksRoom) return this.#outOfMemory();
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
      if (this.#isStreamed) this.#pass(bytes, start, end, isText);
      else this.#gather(bytes, start, end, isText && this.#decodesText);
    } catch {
      return this.#outOfMemory();
    }
    return undefined;
  }

  /** Passes on the next part of a message, up to the last whole character of a text. */
  #pass(bytes: Uint8Array, start: number, end: number, isText: boolean): void {
    if (!isText) {
      this.#sink.messagePart?.(this.#keep(bytes, start, end));
      return;
    }
    this.#characters ??= new WholeCharacters();
    const whole = this.#characters.take(bytes, start, end);
    const { length } = whole;
    if (length === 0) return;
    const part = this.#decodesText ? decodeUtf8(whole, 0, length) : this.#keep(whole, 0, length);
    this.#sink.messagePart?.(part);
  }

  /** @throws if there is not enough memory */
  #gather(bytes: Uint8Array, start: number, end: number, isText: boolean): void {
    // Most messages arrive in one piece and need no buffer.
    if (this.#fin && end - start === this.#announced) {
      // If the last character of a text is cut off, frameEnd() detects that.
      this.#whole = isText ? decodeKnown(bytes, start, end, this.#validator!.wasAscii) : this.#keep(bytes, start, end);
      return;
    }
    this.#buffer ??= new MessageBuffer();
    const size = end - start;
    if (bytes === this.#room) {
      this.#room = undefined;
      this.#buffer.commit(size);
      return;
    }
    if (this.#ownsChunks && size >= LARGE_PIECE && size >= PIECE_WORTH_KEEPING * bytes.buffer.byteLength) {
      this.#buffer.keep(bytes.subarray(start, end));
      return;
    }
    this.#buffer.append(bytes, start, end, this.#fin ? this.#announced : this.#maxMessageSize);
  }

  /** Fails the message as too big, instead of ending the process. */
  #outOfMemory(): Failure {
    this.#buffer = undefined;
    return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `there is not enough memory for ${this.#announced} bytes` };
  }

  /** Takes a piece of a control frame. Most arrive in one piece and are not copied. */
  #takeControl(bytes: Uint8Array, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    if (piece.length === this.#controlLeft && this.#control === undefined) {
      this.#control = piece;
    } else {
      // It has at most 125 bytes, so allocating them before they arrive is harmless.
      this.#control ??= new Uint8Array(this.#controlLeft);
      this.#control.set(piece, this.#control.length - this.#controlLeft);
      this.#controlLeft -= piece.length;
    }
  }

  /** Completes a frame. If it is the last one of its message, completes the message too. */
  frameEnd(): Failure | undefined {
    if (this.#inControl) {
      const payload = this.#control ?? NO_BYTES;
      this.#inControl = false;
      this.#control = undefined;
      return this.#sink.control(this.#opcode, payload);
    }
    if (!this.#fin) return undefined;
    // A message must not end within a character (§8.1).
    if (this.#validator?.isComplete === false) {
      return { violation: VIOLATION.INVALID_UTF8, detail: 'the last character is cut off' };
    }
    const isText = this.#messageOpcode === OPCODE.TEXT;
    if (this.#isStreamed) {
      this.#isStreamed = false;
      this.#messageOpcode = OPCODE.CONTINUATION;
      this.#sink.messageEnd?.();
      return undefined;
    }
    let data: string | Uint8Array;
    try {
      data = this.#whole ?? this.#join(isText && !this.#isCompressed && this.#decodesText);
    } catch {
      return this.#outOfMemory();
    }
    this.#whole = undefined;
    this.#messageOpcode = OPCODE.CONTINUATION;
    if (this.#isCompressed) this.#sink.compressedMessage?.(data as Uint8Array, isText);
    else this.#sink.message(data, isText);
    return undefined;
  }

  #join(asText: boolean): string | Uint8Array {
    const bytes = this.#buffer?.take() ?? allocate(0);
    return asText ? decodeUtf8(bytes, 0, bytes.length) : bytes;
  }

  /** Returns the payload of a binary message, in memory that does not change. */
  #keep(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const size = end - start;
    const mayPin = size < SMALL ? 2 * size : Math.max(MOST_PINNED * size, POOL_SIZE);
    // Reading `buffer` of a view is slow, so its length is compared first.
    return this.#ownsChunks && bytes.length <= mayPin && bytes.buffer.byteLength <= mayPin
      ? bytes.subarray(start, end)
      : copyOf(bytes, start, end);
  }
}

function invalidUtf8(bytes: Uint8Array, index: number): Failure {
  const byte = bytes[index]!.toString(16).padStart(2, '0');
  return { violation: VIOLATION.INVALID_UTF8, detail: `byte 0x${byte} is invalid here`, index };
}
