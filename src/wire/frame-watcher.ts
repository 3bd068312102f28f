import type { ProtocolError } from '../errors.js';
import { isViolation, parseClosePayload } from '../framing/close-payload.js';
import { type Failure, FrameDecoder, type FrameSink } from '../framing/frame-decoder.js';
import { type FrameHeader, RSV1 } from '../framing/frame-header.js';
import { isControl, OPCODE } from '../framing/opcode.js';
import { Utf8Validator } from '../framing/utf8-validator.js';
import { VIOLATION } from '../framing/violations.js';

/** How many bytes of a payload are kept: all of a control frame, and more of a message than a line can hold. */
const KEPT_PAYLOAD = 192;

/** How many bytes of the end of a larger payload are kept. */
const KEPT_END = 64;

/** The most bytes that are passed to the decoder at once. It bounds the copy that the decoder makes to unmask them. */
const PIECE = 16_384;

/** A frame as it went over the wire. */
export interface WatchedFrame extends Readonly<FrameHeader> {
  /** The type of the payload: for a continuation, the opcode of its message; otherwise the frame's own opcode. */
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
  /** The rule that the frame breaks. Nothing after it is decoded (RFC 6455 §7.1.7). */
  readonly error: ProtocolError | undefined;
}

/**
 * Reports the frames that one endpoint sends, each as soon as it is complete, up to the first that breaks a rule of the
 * RFC. Memory use is bounded by KEPT_PAYLOAD and KEPT_END, however large the frames are.
 */
export class FrameWatcher {
  readonly #decoder: FrameDecoder;
  readonly #onFrame: (frame: WatchedFrame) => void;
  readonly #kept = new Uint8Array(KEPT_PAYLOAD);
  readonly #end = new LastBytes(KEPT_END);
  #received = 0;
  #content: number = OPCODE.CONTINUATION;
  /** The header of the frame whose payload comes next. */
  #header: FrameHeader | undefined;
  /** TEXT or BINARY within a fragmented message, otherwise CONTINUATION, which starts no message. */
  #messageOpcode: number = OPCODE.CONTINUATION;
  #isMessageCompressed = false;
  #isCompressed = false;
  #validator = new Utf8Validator();
  #isOver = false;

  /** @param mayCompress whether permessage-deflate was negotiated, which uses RSV1 */
  constructor(from: 'client' | 'server', onFrame: (frame: WatchedFrame) => void, mayCompress = false) {
    this.#onFrame = onFrame;
    this.#decoder = new FrameDecoder(this.#sink(), { from, assignedRsv: mayCompress ? RSV1 : 0 });
  }

  /** Takes `chunk[start, …)`. The bytes may be cut anywhere. Does not modify the chunk. */
  push(chunk: Uint8Array, start: number): void {
    for (let at = start; at < chunk.length; at += PIECE) this.#decoder.push(chunk.subarray(at, at + PIECE));
    if (this.#isOver || this.#decoder.error === undefined) return;
    // If the header itself breaks a rule, the sink has not received it.
    if (this.#header === undefined) this.#begin(this.#decoder.header);
    this.#show(this.#decoder.error);
    this.#isOver = true;
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
    this.#content = header.opcode;
    this.#isCompressed = false;
    this.#received = 0;
    this.#end.clear();
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
    if (isContinuation && !isMidMessage) return { violation: VIOLATION.CONTINUATION_OF_NOTHING };
    if (!isContinuation && isMidMessage) return { violation: VIOLATION.MESSAGE_INTERRUPTED };
    if (!isContinuation) {
      this.#messageOpcode = header.opcode;
      this.#isMessageCompressed = isCompressed;
      this.#validator = new Utf8Validator();
    }
    this.#content = this.#messageOpcode;
    this.#isCompressed = this.#isMessageCompressed;
    return undefined;
  }

  #takePayload(bytes: Uint8Array, start: number, end: number): Failure | undefined {
    // "an endpoint [that] finds that the byte stream is not, in fact, a valid UTF-8 stream … MUST _Fail the WebSocket
    // Connection_" (§8.1).
    const wrong = this.#content === OPCODE.TEXT && !this.#isCompressed ? this.#validator.check(bytes, start, end) : -1;
    const stop = wrong === -1 ? end : wrong + 1;
    for (let at = start; at < stop && this.#received + at - start < KEPT_PAYLOAD; at++) {
      this.#kept[this.#received + at - start] = bytes[at]!;
    }
    const rest = Math.min(stop, Math.max(start, start + KEPT_PAYLOAD - this.#received));
    this.#end.push(bytes.subarray(rest, stop));
    this.#received += stop - start;
    return wrong === -1 ? undefined : { violation: VIOLATION.INVALID_UTF8, index: wrong };
  }

  /** Checks the rules that apply to a complete frame. */
  #checkComplete(header: FrameHeader): Failure | undefined {
    if (header.opcode === OPCODE.CLOSE) {
      const close = parseClosePayload(this.#payload());
      return isViolation(close) ? { violation: close } : undefined;
    }
    if (isControl(header.opcode) || !header.fin) return undefined;
    const isCutOff = this.#messageOpcode === OPCODE.TEXT && !this.#validator.isComplete;
    this.#messageOpcode = OPCODE.CONTINUATION;
    return isCutOff ? { violation: VIOLATION.INVALID_UTF8, detail: 'the last character is cut off' } : undefined;
  }

  #payload(): Uint8Array {
    return this.#kept.slice(0, this.#received);
  }

  #show(error?: ProtocolError): void {
    const frame = {
      ...this.#header!,
      content: this.#content,
      isCompressed: this.#isCompressed,
      payload: this.#payload(),
      payloadEnd: this.#end.bytes,
      received: this.#received,
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
    return this.#bytes.slice(0, this.#length);
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
