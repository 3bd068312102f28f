import type { ProtocolError } from '../errors.js';
import { isViolation, parseClosePayload } from '../framing/close-payload.js';
import { type Failure, FrameDecoder, type FrameSink } from '../framing/frame-decoder.js';
import { type FrameHeader, MAX_CONTROL_PAYLOAD, MAX_HEADER_LENGTH, RSV1 } from '../framing/frame-header.js';
import { isControl, OPCODE } from '../framing/opcode.js';
import { Utf8Validator } from '../framing/utf8-validator.js';
import { VIOLATION } from '../framing/violations.js';
import { GrowingBytes } from '../handshake/growing-bytes.js';

/** By default this much of a payload is kept: all of a control frame, and more of a message than a line can hold. */
const KEPT_PAYLOAD = 192;

/** How many bytes of the end of a larger payload are kept. */
const KEPT_END = 64;

/** The memory of a payload that is kept is used again for the next one, up to this size. */
const LARGE_PAYLOAD = 65_536;

/** The most bytes that are passed to the decoder at once. It bounds the copy that the decoder makes to unmask them. */
const PIECE = 16_384;

const NO_BYTES = new Uint8Array(0);

/** A frame as it went over the wire. */
export interface WatchedFrame extends Readonly<FrameHeader> {
  /** The bytes of the header. */
  readonly header: Uint8Array;
  /**
   * The type of the payload: for a continuation, the opcode of its message, or CONTINUATION if the message began before
   * the first byte; otherwise the frame's own opcode.
   */
  readonly content: number;
  /** Whether its message is compressed (RFC 7692 §6). */
  readonly isCompressed: boolean;
  /** The first bytes of the payload, unmasked. */
  readonly payload: Uint8Array;
  /** The last bytes received of the payload, unmasked, except those in `payload`. */
  readonly payloadEnd: Uint8Array;
  /**
   * How many bytes of the payload were received: fewer than `payloadLength` if the frame was cut off or broke a rule.
   */
  readonly received: number;
  /** How many of the received bytes the capture misses. They are 0 in `payload`. */
  readonly missing: number;
  /** The rule that the frame breaks. Nothing after it is decoded (RFC 6455 §7.1.7). */
  readonly error: ProtocolError | undefined;
}

/** Options of FrameWatcher. */
export interface FrameWatcherOptions {
  /** Whether permessage-deflate was negotiated, which uses RSV1. Default false. */
  readonly mayCompress?: boolean;
  /** How many bytes of each payload are kept, at least 125. Default KEPT_PAYLOAD. */
  readonly keptPayload?: number;
  /** How many bytes came before the first frame. Offsets count from there. Default 0. */
  readonly offset?: number;
  /** Whether the frames before the first one are unknown, so that it may continue a message. Default false. */
  readonly startsMidway?: boolean;
}

/**
 * Reports the frames that one endpoint sends, each as soon as it is complete, up to the first that breaks a rule of the
 * RFC. Memory use is bounded by `keptPayload` and KEPT_END, however large the frames are.
 */
export class FrameWatcher {
  readonly #decoder: FrameDecoder;
  readonly #onFrame: (frame: WatchedFrame) => void;
  readonly #keptPayload: number;
  #kept = new GrowingBytes();
  readonly #end = new LastBytes(KEPT_END);
  /** What is being decoded, where it begins in the stream, and the bytes before it that may belong to a header. */
  #piece: Uint8Array = NO_BYTES;
  #pieceOffset = 0;
  readonly #before = new LastBytes(MAX_HEADER_LENGTH);
  #headerBytes: Uint8Array = NO_BYTES;
  #received = 0;
  #missing = 0;
  #isSkipping = false;
  /** Whether bytes of the message are missing, so that its UTF-8 cannot be checked. */
  #isMessagePartial = false;
  #continuesUnknown: boolean;
  #content: number = OPCODE.CONTINUATION;
  /** The header of the frame whose payload comes next. */
  #header: FrameHeader | undefined;
  /** TEXT or BINARY within a fragmented message, otherwise CONTINUATION, which starts no message. */
  #messageOpcode: number = OPCODE.CONTINUATION;
  #isMessageCompressed = false;
  #isCompressed = false;
  #validator = new Utf8Validator();
  #isOver = false;
  #stoppedAt: number | undefined;

  constructor(
    from: 'client' | 'server',
    onFrame: (frame: WatchedFrame) => void,
    { mayCompress = false, keptPayload = KEPT_PAYLOAD, offset = 0, startsMidway = false }: FrameWatcherOptions = {},
  ) {
    this.#onFrame = onFrame;
    this.#keptPayload = Math.max(keptPayload, MAX_CONTROL_PAYLOAD);
    this.#continuesUnknown = startsMidway;
    const options = { from, assignedRsv: mayCompress ? RSV1 : 0 };
    this.#decoder = new FrameDecoder(this.#sink(), options);
    this.#decoder.reuse(options, offset);
  }

  /** Whether a frame broke a rule, or the input was ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many bytes of the stream were decoded: after a broken rule, those up to the byte that broke it. */
  get offset(): number {
    return this.#stoppedAt ?? this.#decoder.offset;
  }

  /** Whether the bytes so far end between two frames. */
  get isBetweenFrames(): boolean {
    return this.#decoder.isBetweenFrames;
  }

  /** Takes `chunk[start, …)`. The bytes may be cut anywhere. Does not modify the chunk. */
  push(chunk: Uint8Array, start: number): void {
    for (let at = start; at < chunk.length && this.#decoder.error === undefined; at += PIECE) {
      this.#piece = chunk.subarray(at, at + PIECE);
      this.#pieceOffset = this.#decoder.offset;
      this.#decoder.push(this.#piece);
      if (this.#decoder.error === undefined) this.#before.push(this.#piece);
    }
    if (this.#isOver || this.#decoder.error === undefined) return;
    // If the header itself breaks a rule, the sink has not received it.
    if (this.#header === undefined) this.#begin(this.#decoder.header);
    this.#stoppedAt = this.#header!.offset + this.#header!.headerLength + this.#received;
    this.#show(this.#decoder.error);
    this.#isOver = true;
  }

  /**
   * Continues after `length` bytes that the capture misses. That is only certain within a payload.
   *
   * @returns false if the missing bytes may contain a header
   */
  skip(length: number): boolean {
    if (this.#isOver || this.#header === undefined) return false;
    if (length > this.#header.payloadLength - this.#received) return false;
    this.#isSkipping = true;
    for (let left = length; left > 0; left -= PIECE) this.push(new Uint8Array(Math.min(left, PIECE)), 0);
    this.#isSkipping = false;
    return true;
  }

  /**
   * Ends the input. An incomplete frame is reported as far as it was received. Returns whether a header was cut off.
   */
  end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    if (this.#header !== undefined) this.#show();
    else return !this.#decoder.isBetweenFrames;
    return false;
  }

  #sink(): FrameSink {
    return {
      frameStart: header => {
        this.#begin(header);
        return this.#startOfFragment(header);
      },
      framePayload: (bytes, start, end) => this.#takePayload(bytes, start, end),
      frameEnd: () => {
        const failure = this.#checkComplete(this.#header!);
        if (failure === undefined) this.#show();
        return failure;
      },
    };
  }

  #begin(header: Readonly<FrameHeader>): void {
    this.#header = { ...header };
    this.#headerBytes = this.#bytesOf(header);
    this.#content = header.opcode;
    this.#isCompressed = false;
    this.#received = 0;
    this.#missing = 0;
    // A large block is not held for the life of the connection.
    if (this.#kept.length > LARGE_PAYLOAD) this.#kept = new GrowingBytes();
    else this.#kept.clear();
    this.#end.clear();
  }

  #bytesOf({ offset, headerLength }: Readonly<FrameHeader>): Uint8Array {
    const start = offset - this.#pieceOffset;
    const bytes = new Uint8Array(headerLength);
    const inPiece = this.#piece.subarray(Math.max(0, start), start + headerLength);
    bytes.set(inPiece, headerLength - inPiece.length);
    if (start >= 0) return bytes;
    const { bytes: before } = this.#before;
    bytes.set(before.subarray(before.length + start), 0);
    return bytes;
  }

  /**
   * The fragments of a message must not be interleaved with another message (§5.4). Only the first carries the
   * compressed bit.
   */
  #startOfFragment(header: Readonly<FrameHeader>): Failure | undefined {
    const isCompressed = (header.rsv & RSV1) !== 0;
    // "An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments" (RFC 7692
    // §6.1).
    if (isCompressed && (isControl(header.opcode) || header.opcode === OPCODE.CONTINUATION)) {
      return { violation: VIOLATION.MISPLACED_COMPRESSED_BIT };
    }
    if (isControl(header.opcode)) return undefined;
    const isContinuation = header.opcode === OPCODE.CONTINUATION;
    const isMidMessage = this.#messageOpcode !== OPCODE.CONTINUATION;
    if (isContinuation && this.#continuesUnknown) {
      this.#continuesUnknown = !header.fin;
      return undefined;
    }
    this.#continuesUnknown = false;
    if (isContinuation && !isMidMessage) return { violation: VIOLATION.CONTINUATION_OF_NOTHING };
    if (!isContinuation && isMidMessage) return { violation: VIOLATION.MESSAGE_INTERRUPTED };
    if (!isContinuation) {
      this.#messageOpcode = header.opcode;
      this.#isMessageCompressed = isCompressed;
      this.#isMessagePartial = false;
      this.#validator = new Utf8Validator();
    }
    this.#content = this.#messageOpcode;
    this.#isCompressed = this.#isMessageCompressed;
    return undefined;
  }

  #takePayload(bytes: Uint8Array, start: number, end: number): Failure | undefined {
    // "an endpoint [that] finds that the byte stream is not, in fact, a valid UTF-8 stream … MUST _Fail the WebSocket
    // Connection_" (§8.1).
    if (this.#isSkipping) {
      bytes.fill(0, start, end);
      this.#missing += end - start;
      if (!isControl(this.#header!.opcode)) this.#isMessagePartial = true;
    }
    const isChecked = this.#content === OPCODE.TEXT && !this.#isCompressed && !this.#isMessagePartial;
    const wrong = isChecked ? this.#validator.check(bytes, start, end) : -1;
    const stop = wrong === -1 ? end : wrong + 1;
    const rest = Math.min(stop, Math.max(start, start + this.#keptPayload - this.#received));
    this.#kept.append(bytes, start, rest);
    this.#end.push(bytes.subarray(rest, stop));
    this.#received += stop - start;
    return wrong === -1 ? undefined : { violation: VIOLATION.INVALID_UTF8, index: wrong };
  }

  /** Checks the rules that apply to a complete frame. */
  #checkComplete(header: FrameHeader): Failure | undefined {
    if (header.opcode === OPCODE.CLOSE && this.#missing === 0) {
      const close = parseClosePayload(this.#payload());
      return isViolation(close) ? { violation: close } : undefined;
    }
    if (isControl(header.opcode) || !header.fin) return undefined;
    const isCutOff = this.#messageOpcode === OPCODE.TEXT && !this.#isMessagePartial && !this.#validator.isComplete;
    this.#messageOpcode = OPCODE.CONTINUATION;
    return isCutOff ? { violation: VIOLATION.INVALID_UTF8, detail: 'the last character is cut off' } : undefined;
  }

  #payload(): Uint8Array {
    return this.#kept.length === 0 ? NO_BYTES : this.#kept.view().slice();
  }

  #show(error?: ProtocolError): void {
    const header = this.#header!;
    // Each property is written out: a spread followed by more properties takes ten times as long.
    const frame = {
      fin: header.fin,
      rsv: header.rsv,
      opcode: header.opcode,
      masked: header.masked,
      maskingKey: header.maskingKey,
      payloadLength: header.payloadLength,
      headerLength: header.headerLength,
      offset: header.offset,
      header: this.#headerBytes,
      content: this.#content,
      isCompressed: this.#isCompressed,
      payload: this.#payload(),
      payloadEnd: this.#end.bytes,
      received: this.#received,
      missing: this.#missing,
      error,
    };
    this.#header = undefined;
    this.#onFrame(frame);
  }
}

/** Keeps the last bytes of those pushed. */
class LastBytes {
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get bytes(): Uint8Array {
    return this.#length === 0 ? NO_BYTES : this.#bytes.slice(0, this.#length);
  }

  push(bytes: Uint8Array): void {
    const last = bytes.subarray(Math.max(0, bytes.length - this.#bytes.length));
    const kept = Math.min(this.#length, this.#bytes.length - last.length);
    this.#bytes.copyWithin(0, this.#length - kept, this.#length);
    this.#bytes.set(last, kept);
    this.#length = kept + last.length;
  }

  clear(): void {
    this.#length = 0;
  }
}
