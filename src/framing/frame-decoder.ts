import { allocate } from '#platform';
import { ProtocolError, type Violation } from '../errors.js';
import {
  type FrameHeader,
  headerLengthBySecondByte,
  LENGTH_IS_16_BIT,
  MAX_CONTROL_PAYLOAD,
  MAX_HEADER_LENGTH,
  OPCODE_BITS,
  readHeader,
} from './frame-header.js';
import { maskInPlace, maskTo } from './masking.js';
import { isControl, isReservedOpcode, OPCODE } from './opcode.js';
import { VIOLATION } from './violations.js';

/** A rule that the receiver of frames found broken. */
export interface Breach {
  readonly violation: Violation;
  /** What came, in a few words. */
  readonly detail?: string;
  /** Index of the wrong byte in the bytes just given to framePayload(). */
  readonly index?: number;
}

/**
 * What receives the frames. The decoder keeps nothing of a payload: the sink sees each piece as it comes.
 * A method that gives a Breach stops the decoder for good.
 */
export interface FrameSink {
  /** A header is complete and legal by itself; no payload was read yet. The same object serves for every frame. */
  frameStart(header: Readonly<FrameHeader>): Breach | undefined;
  /** `bytes[start, end)` is the next piece of the payload, unmasked. Never empty. To be copied, unless the decoder owns its chunks. */
  framePayload(bytes: Uint8Array, start: number, end: number): Breach | undefined;
  /** The payload is complete. */
  frameEnd(): Breach | undefined;
}

export interface FrameDecoderOptions {
  /**
   * Whose frames these are: "a client MUST mask all frames that it sends", "a server MUST NOT mask any" (§5.1).
   * 'any' takes both, to look at captured bytes.
   */
  readonly from: 'client' | 'server' | 'any';
  /** The reserved bits that negotiated extensions have given a meaning (a sum of RSV1, RSV2, RSV3). None if left out. */
  readonly assignedRsv?: number;
  /**
   * Whether the chunks given to push() may be overwritten: masked payloads are then unmasked where they lie, and otherwise in
   * a copy. False if left out.
   */
  readonly ownsChunks?: boolean;
}

/**
 * Bytes to frames (RFC 6455 §5.2), in whatever pieces the bytes come. Nothing is allocated per frame, and nothing on the word
 * of a length field. Each header is judged when its last byte has come, before any payload.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  #expectedMask: boolean | undefined;
  #assignedRsv = 0;
  #ownsChunks = false;
  readonly #header: FrameHeader = {
    fin: false,
    rsv: 0,
    opcode: 0,
    masked: false,
    maskingKey: 0,
    payloadLength: 0,
    headerLength: 0,
    offset: 0,
  };
  /** A header that comes in parts is gathered here. Made with the first such header. */
  #partial: Uint8Array | undefined;
  /** Bytes gathered. */
  #partialLength = 0;
  /** Whether the header is complete, and the next byte one of the payload. */
  #inPayload = false;
  /** Bytes of this frame's payload that have come. */
  #position = 0;
  /** Bytes taken by earlier calls of push(). */
  #taken = 0;
  #suspended = false;
  #holdsMessages = false;
  #error: ProtocolError | undefined;

  constructor(sink: FrameSink, options: FrameDecoderOptions) {
    this.#sink = sink;
    this.reuse(options, 0);
  }

  /**
   * Makes a decoder that stands between two frames ready for those of another connection.
   *
   * @param offset bytes of that connection that were taken before
   */
  reuse(options: FrameDecoderOptions, offset: number): void {
    this.#expectedMask = options.from === 'any' ? undefined : options.from === 'client';
    this.#assignedRsv = options.assignedRsv ?? 0;
    this.#ownsChunks = options.ownsChunks ?? false;
    this.#taken = offset;
  }

  /** The rule that the bytes broke. From then on the decoder takes no more of them (§7.1.7). */
  get error(): ProtocolError | undefined {
    return this.#error;
  }

  /** The header read last: where `error` is set, that of the frame which broke the rule. The same object serves for every frame. */
  get header(): Readonly<FrameHeader> {
    return this.#header;
  }

  /** Bytes taken so far; while the sink is being called, those of earlier chunks alone. */
  get offset(): number {
    return this.#taken;
  }

  /** Whether the bytes taken so far end between two frames. */
  get isBetweenFrames(): boolean {
    return !this.#inPayload && this.#partialLength === 0;
  }

  /** Whether nothing but `offset` tells it from a new decoder. */
  get isIdle(): boolean {
    return this.isBetweenFrames && !this.#suspended && !this.#holdsMessages && this.#error === undefined;
  }

  /** Makes push() stop before the next frame. Meant to be called by the sink. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Lets the next push() go on. */
  resume(): void {
    this.#suspended = false;
  }

  /** Makes push() stop before the next frame that is neither Ping nor Pong, until release(). Meant to be called by the sink. */
  holdMessages(): void {
    this.#holdsMessages = true;
  }

  release(): void {
    this.#holdsMessages = false;
  }

  /**
   * Takes `chunk[start, …)`. Gives the index of the first byte not taken: the chunk's length, unless the decoder was suspended
   * (push the same chunk again from there after resume()) or has failed (see `error`).
   */
  push(chunk: Uint8Array, start = 0): number {
    const end = chunk.length;
    let at = start;
    while (at < end && this.#error === undefined) {
      if (this.#inPayload) {
        at = this.#takePayload(chunk, at, start);
      } else if (this.#partialLength > 0) {
        at = this.#takeHeaderByte(chunk, at);
      } else {
        if (this.#suspended || (this.#holdsMessages && !isPingOrPong(chunk[at]!))) break;
        this.#header.offset = this.#taken + at - start;
        at = this.#takeHeader(chunk, at);
      }
    }
    this.#taken += at - start;
    return at;
  }

  /** Takes the header that begins at `at`: at once where the chunk has it all, as it nearly always does. */
  #takeHeader(chunk: Uint8Array, at: number): number {
    const left = chunk.length - at;
    if (left < 2) return this.#takeHeaderByte(chunk, at);
    const length = headerLengthBySecondByte(chunk[at + 1]!);
    if (left < length) return this.#takeHeaderByte(chunk, at);
    readHeader(chunk, at, length, this.#header);
    this.#startFrame();
    return at + length;
  }

  /** Takes the next byte of a header that comes in parts. */
  #takeHeaderByte(chunk: Uint8Array, at: number): number {
    this.#partial ??= new Uint8Array(MAX_HEADER_LENGTH);
    this.#partial[this.#partialLength++] = chunk[at]!;
    const length = this.#partialLength;
    if (length >= 2 && length === headerLengthBySecondByte(this.#partial[1]!)) {
      this.#partialLength = 0;
      readHeader(this.#partial, 0, length, this.#header);
      this.#startFrame();
    }
    return at + 1;
  }

  #startFrame(): void {
    const header = this.#header;
    this.#inPayload = true;
    this.#position = 0;
    const breach = this.#judge(header) ?? this.#sink.frameStart(header);
    if (breach !== undefined) this.#fail(breach, header.offset);
    else if (header.payloadLength === 0) this.#endFrame();
  }

  /** The rules that a header keeps or breaks by itself. */
  #judge(header: FrameHeader): Breach | undefined {
    // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values" (§5.2).
    if ((header.rsv & ~this.#assignedRsv) !== 0) {
      return { violation: VIOLATION.RESERVED_BITS, detail: rsvNames(header.rsv) };
    }
    // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_" (§5.2).
    if (isReservedOpcode(header.opcode)) {
      return { violation: VIOLATION.RESERVED_OPCODE, detail: `0x${header.opcode.toString(16)}` };
    }
    // "The server MUST close the connection upon receiving a frame that is not masked", "A client MUST close a connection if it
    // detects a masked frame" (§5.1).
    if (this.#expectedMask !== undefined && header.masked !== this.#expectedMask) {
      return { violation: this.#expectedMask ? VIOLATION.UNMASKED_CLIENT_FRAME : VIOLATION.MASKED_SERVER_FRAME };
    }
    // "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented" (§5.5).
    if (isControl(header.opcode)) {
      if (!header.fin) return { violation: VIOLATION.FRAGMENTED_CONTROL_FRAME };
      if (header.payloadLength > MAX_CONTROL_PAYLOAD) {
        return { violation: VIOLATION.CONTROL_FRAME_TOO_LONG, detail: `${header.payloadLength} bytes` };
      }
    }
    const lengthBytes = header.headerLength - (header.masked ? 6 : 2);
    // "The minimal number of bytes MUST be used to encode the length" (§5.2).
    if (
      (lengthBytes === 2 && header.payloadLength < LENGTH_IS_16_BIT) ||
      (lengthBytes === 8 && header.payloadLength <= 0xffff)
    ) {
      return { violation: VIOLATION.LENGTH_NOT_MINIMAL, detail: `${header.payloadLength} in ${lengthBytes} bytes` };
    }
    // "64-bit unsigned integer (the most significant bit MUST be 0)" (§5.2).
    if (header.payloadLength >= 2 ** 63) return { violation: VIOLATION.LENGTH_SIGN_BIT };
    // No memory and no exact arithmetic reaches there, so no limit of the sink's can be higher.
    if (header.payloadLength > Number.MAX_SAFE_INTEGER) {
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `a frame of about ${header.payloadLength} bytes` };
    }
    return undefined;
  }

  /** Hands on what `chunk` has of this frame's payload from `at` on, and gives the place behind it. */
  #takePayload(chunk: Uint8Array, at: number, start: number): number {
    const header = this.#header;
    const stop = Math.min(chunk.length, at + header.payloadLength - this.#position);
    const position = this.#position;
    this.#position += stop - at;
    let breach: Breach | undefined;
    if (!header.masked) {
      breach = this.#sink.framePayload(chunk, at, stop);
    } else if (this.#ownsChunks) {
      maskInPlace(chunk, at, stop, header.maskingKey, position);
      breach = this.#sink.framePayload(chunk, at, stop);
    } else {
      breach = this.#takeCopy(chunk, at, stop, position);
    }
    if (breach !== undefined) this.#fail(breach, this.#taken + (breach.index ?? at) - start);
    else if (this.#position === header.payloadLength) this.#endFrame();
    return stop;
  }

  /** Hands on an unmasked copy of `chunk[at, stop)`. */
  #takeCopy(chunk: Uint8Array, at: number, stop: number, position: number): Breach | undefined {
    let copy: Uint8Array;
    try {
      copy = allocate(stop - at);
    } catch {
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `no memory for ${stop - at} bytes` };
    }
    maskTo(chunk, at, stop, copy, 0, this.#header.maskingKey, position);
    const breach = this.#sink.framePayload(copy, 0, copy.length);
    return breach?.index === undefined ? breach : { ...breach, index: breach.index + at };
  }

  #endFrame(): void {
    this.#inPayload = false;
    const breach = this.#sink.frameEnd();
    if (breach !== undefined) this.#fail(breach, this.#header.offset);
  }

  #fail(breach: Breach, offset: number): void {
    this.#error = new ProtocolError(breach.violation, offset, breach.detail);
  }
}

function isPingOrPong(firstByte: number): boolean {
  const opcode = firstByte & OPCODE_BITS;
  return opcode === OPCODE.PING || opcode === OPCODE.PONG;
}

function rsvNames(rsv: number): string {
  return ['RSV1', 'RSV2', 'RSV3'].filter((_, i) => (rsv & (0x40 >> i)) !== 0).join(', ');
}
