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

/** A rule that the received bytes break. The receiver must fail the connection (§7.1.7). */
export interface Failure {
  readonly violation: Violation;
  /** What was received, in a few words. */
  readonly detail?: string;
  /** The index of the wrong byte in the `bytes` of framePayload(). */
  readonly index?: number;
}

/**
 * Receives frames from a FrameDecoder. The decoder keeps no payload: it passes on each piece as it arrives. If a method
 * returns a Failure, the decoder stops for good.
 */
export interface FrameSink {
  /** A header is complete and valid by itself. No payload was read yet. The same object is used for every frame. */
  frameStart(header: Readonly<FrameHeader>): Failure | undefined;
  /**
   * `bytes[start, end)` is the next piece of the payload, unmasked and not empty. Copy what you keep, unless the
   * decoder owns its chunks.
   */
  framePayload(bytes: Uint8Array, start: number, end: number): Failure | undefined;
  /** The payload is complete. */
  frameEnd(): Failure | undefined;
  /**
   * Called before a piece of `size` bytes that is not the whole payload. May return memory of that size. The piece is
   * then written there, and passed to framePayload() from there. This saves a copy of large payloads.
   */
  payloadRoom?(size: number): Uint8Array | undefined;
}

/**
 * Where a decoder stops: before the next frame, before the next frame that is neither a Ping nor a Pong, or not at all.
 */
export type StopPoint = 'frame' | 'message' | 'nothing';

/** Options of FrameDecoder. */
export interface FrameDecoderOptions {
  /**
   * The sender of the frames: "a client MUST mask all frames that it sends", "a server MUST NOT mask any" (§5.1). 'any'
   * accepts both, for captured bytes.
   */
  readonly from: 'client' | 'server' | 'any';
  /** The reserved bits that negotiated extensions use: a sum of RSV1, RSV2 and RSV3. Default 0. */
  readonly assignedRsv?: number | undefined;
  /**
   * Whether push() may overwrite its chunks. If so, payloads are unmasked in place, otherwise in a copy. Default false.
   */
  readonly ownsChunks?: boolean | undefined;
}

/**
 * Decodes bytes to frames (RFC 6455 §5.2). The bytes may arrive in pieces of any size.
 *
 * The decoder allocates nothing per frame, and nothing because a header announces a large payload. Each header is
 * checked when its last byte arrives, before any payload.
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
  /** Gathers a header that arrives in parts. Made with the first such header. */
  #partial: Uint8Array | undefined;
  /** The number of bytes gathered. */
  #partialLength = 0;
  /** Whether the header is complete, and the next byte belongs to the payload. */
  #inPayload = false;
  /** How many bytes of this frame's payload have arrived. */
  #position = 0;
  /** How many bytes earlier calls of push() have decoded. */
  #taken = 0;
  #stopPoint: StopPoint = 'nothing';
  #error: ProtocolError | undefined;

  constructor(sink: FrameSink, options: FrameDecoderOptions) {
    this.#sink = sink;
    this.reuse(options, 0);
  }

  /**
   * Prepares a decoder that is between two frames for another connection.
   *
   * @param offset how many bytes of that connection were decoded before
   */
  reuse(options: FrameDecoderOptions, offset: number): void {
    this.#expectedMask = options.from === 'any' ? undefined : options.from === 'client';
    this.#assignedRsv = options.assignedRsv ?? 0;
    this.#ownsChunks = options.ownsChunks ?? false;
    this.#taken = offset;
  }

  /** The rule that the bytes broke. After that, the decoder takes no more bytes (§7.1.7). */
  get error(): ProtocolError | undefined {
    return this.#error;
  }

  /**
   * The last header. If `error` is set, it belongs to the frame that broke the rule. The same object is used for every
   * frame.
   */
  get header(): Readonly<FrameHeader> {
    return this.#header;
  }

  /** How many bytes were decoded. During a call of the sink, bytes of the current chunk are not counted. */
  get offset(): number {
    return this.#taken;
  }

  /** Whether the bytes decoded so far end between two frames. */
  get isBetweenFrames(): boolean {
    return !this.#inPayload && this.#partialLength === 0;
  }

  /** Whether the decoder is like a new one, except for `offset`. */
  get isIdle(): boolean {
    return this.isBetweenFrames && this.#error === undefined;
  }

  /** Sets where push() stops, until the next call. The sink may call it. */
  stopBefore(point: StopPoint): void {
    this.#stopPoint = point;
  }

  /**
   * Decodes `chunk[start, …)`. Returns the index of the first byte that was not decoded. It is the length of the chunk,
   * unless the decoder stopped or failed (see `error`). To continue after a stop, call stopBefore('nothing'), and push
   * the same chunk from that index.
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
        if (this.#stopPoint !== 'nothing' && this.#stopsBefore(chunk[at]!)) break;
        this.#header.offset = this.#taken + at - start;
        at = this.#takeHeader(chunk, at);
      }
    }
    this.#taken += at - start;
    return at;
  }

  #stopsBefore(firstByte: number): boolean {
    return this.#stopPoint === 'frame' || !isPingOrPong(firstByte);
  }

  /** Reads the header that begins at `at`. It is nearly always complete in this chunk. */
  #takeHeader(chunk: Uint8Array, at: number): number {
    const left = chunk.length - at;
    if (left < 2) return this.#takeHeaderByte(chunk, at);
    const length = headerLengthBySecondByte(chunk[at + 1]!);
    if (left < length) return this.#takeHeaderByte(chunk, at);
    readHeader(chunk, at, length, this.#header);
    this.#startFrame();
    return at + length;
  }

  /** Takes the next byte of a header that arrives in parts. */
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
    const failure = this.#check(header) ?? this.#sink.frameStart(header);
    if (failure !== undefined) this.#fail(failure, header.offset);
    else if (header.payloadLength === 0) this.#endFrame();
  }

  /** Checks the rules that concern a single header. */
  #check(header: FrameHeader): Failure | undefined {
    // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values" (§5.2).
    if ((header.rsv & ~this.#assignedRsv) !== 0) {
      return { violation: VIOLATION.RESERVED_BITS, detail: rsvNames(header.rsv) };
    }
    // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_" (§5.2).
    if (isReservedOpcode(header.opcode)) {
      return { violation: VIOLATION.RESERVED_OPCODE, detail: `0x${header.opcode.toString(16)}` };
    }
    // "The server MUST close the connection upon receiving a frame that is not masked", "A client MUST close a
    // connection if it detects a masked frame" (§5.1).
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
    // Larger sizes are not exact. No machine has that much memory, so no limit can allow them.
    if (header.payloadLength > Number.MAX_SAFE_INTEGER) {
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `a frame of about ${header.payloadLength} bytes` };
    }
    return undefined;
  }

  /** Passes on the payload in `chunk` from `at` on. Returns the index after it. */
  #takePayload(chunk: Uint8Array, at: number, start: number): number {
    const header = this.#header;
    const stop = Math.min(chunk.length, at + header.payloadLength - this.#position);
    const position = this.#position;
    this.#position += stop - at;
    let failure: Failure | undefined;
    const room = stop - at < header.payloadLength ? this.#sink.payloadRoom?.(stop - at) : undefined;
    if (room !== undefined) {
      failure = this.#passFrom(room, chunk, at, stop, position);
    } else if (!header.masked) {
      failure = this.#sink.framePayload(chunk, at, stop);
    } else if (this.#ownsChunks) {
      maskInPlace(chunk, at, stop, header.maskingKey, position);
      failure = this.#sink.framePayload(chunk, at, stop);
    } else {
      failure = this.#takeCopy(chunk, at, stop, position);
    }
    if (failure !== undefined) this.#fail(failure, this.#taken + (failure.index ?? at) - start);
    else if (this.#position === header.payloadLength) this.#endFrame();
    return stop;
  }

  /** Passes on an unmasked copy of `chunk[at, stop)`. */
  #takeCopy(chunk: Uint8Array, at: number, stop: number, position: number): Failure | undefined {
    let copy: Uint8Array;
    try {
      copy = allocate(stop - at);
    } catch {
      return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `there is not enough memory for ${stop - at} bytes` };
    }
    return this.#passFrom(copy, chunk, at, stop, position);
  }

  /** Writes `chunk[at, stop)` unmasked to `memory`, and passes that on. */
  #passFrom(memory: Uint8Array, chunk: Uint8Array, at: number, stop: number, position: number): Failure | undefined {
    const { masked, maskingKey } = this.#header;
    if (masked) maskTo(chunk, at, stop, memory, 0, maskingKey, position);
    else memory.set(new Uint8Array(chunk.buffer, chunk.byteOffset + at, stop - at));
    const failure = this.#sink.framePayload(memory, 0, memory.length);
    return failure?.index === undefined ? failure : { ...failure, index: failure.index + at };
  }

  #endFrame(): void {
    this.#inPayload = false;
    const failure = this.#sink.frameEnd();
    if (failure !== undefined) this.#fail(failure, this.#header.offset);
  }

  #fail(failure: Failure, offset: number): void {
    this.#error = new ProtocolError(failure.violation, offset, failure.detail);
  }
}

function isPingOrPong(firstByte: number): boolean {
  const opcode = firstByte & OPCODE_BITS;
  return opcode === OPCODE.PING || opcode === OPCODE.PONG;
}

function rsvNames(rsv: number): string {
  return ['RSV1', 'RSV2', 'RSV3'].filter((_, i) => (rsv & (0x40 >> i)) !== 0).join(', ');
}
