import { allocateUnpooled, utf8Length, writeUtf8 } from '#platform';
import { invalidType, invalidValue } from '../errors.js';
import { isUint8Array } from '../host-values.js';
import {
  FIN_BIT,
  headerLength,
  MAX_CONTROL_PAYLOAD,
  MAX_HEADER_LENGTH,
  RSV_BITS,
  writeHeader,
} from './frame-header.js';
import { maskInPlace, maskTo } from './masking.js';
import { randomMaskingKey } from './masking-key.js';
import { isControl, isReservedOpcode } from './opcode.js';
import { OutputBuffer } from './output-buffer.js';
import { releaseOutput, SLAB_SIZE } from './slabs.js';

/** Up to this size, a payload is written in one piece, and an encoded frame is copied if other output waits. */
const SMALL_PAYLOAD = 16_384;

/** One UTF-16 unit takes at most 3 bytes of UTF-8. */
const MOST_BYTES_PER_UNIT = 3;

/** Up to this many units, a text is written without counting its bytes. */
const MOST_UNCOUNTED = 4_096;

/** The smallest slice of a large payload, except for the last one. Each slice is an entry of a writev. */
const LEAST_SLICE = 4_096;

/**
 * Encodes frames to bytes (RFC 6455 §5.2) in an OutputBuffer.
 *
 * Each frame of a client is masked with a new random key (§5.3) while it is copied. The caller's bytes never change.
 */
export class FrameEncoder {
  readonly output: OutputBuffer;
  readonly #masks: boolean;
  readonly #makeKey: () => number;

  /**
   * @param role the sender of the frames
   * @param makeKey returns a masking key of 32 bits, for tests that must know the keys
   */
  constructor(
    role: 'client' | 'server',
    output: OutputBuffer = new OutputBuffer(),
    makeKey: () => number = randomMaskingKey,
  ) {
    this.output = output;
    this.#masks = role === 'client';
    this.#makeKey = makeKey;
  }

  /**
   * Queues one frame. The payload is copied, so the caller may change it as soon as this returns.
   *
   * @param fin whether this is the last fragment of its message
   * @param rsv the reserved bits to set, a sum of RSV1, RSV2 and RSV3. A negotiated extension must use them.
   * @throws {TypeError | RangeError} if the frame would be invalid (§5.2, §5.5)
   */
  frame(opcode: number, payload: string | Uint8Array, fin = true, rsv = 0): void {
    checkFrame(opcode, payload, fin, rsv);
    const firstByte = (fin ? FIN_BIT : 0) | rsv | opcode;
    const key = this.#masks ? this.#makeKey() : undefined;
    if (typeof payload === 'string' && hasOneHeaderLength(payload)) {
      this.#text(firstByte, payload, key);
      return;
    }
    const length = typeof payload === 'string' ? utf8Length(payload) : payload.length;
    const size = headerLength(length, this.#masks) + length;
    if (length <= SMALL_PAYLOAD) {
      const start = this.output.reserve(size);
      writeFrame(this.output.memory, start, firstByte, payload, length, key);
      this.output.commit(size);
    } else if (typeof payload !== 'string') {
      this.#largeFrame(firstByte, payload, key);
    } else {
      const piece = allocateUnpooled(size);
      writeFrame(piece, 0, firstByte, payload, length, key);
      this.output.append(piece);
    }
  }

  /** Writes a text before its length. Counting its bytes first would take longer than writing them (bench/utf8.ts). */
  #text(firstByte: number, text: string, key: number | undefined): void {
    const { output } = this;
    const first = headerLength(text.length, this.#masks);
    const start = output.reserve(first + MOST_BYTES_PER_UNIT * text.length);
    const { memory } = output;
    const length = writeUtf8(text, memory, start + first);
    writeHeader(memory, start, firstByte, length, key);
    if (key !== undefined) maskInPlace(memory, start + first, start + first + length, key, 0);
    output.commit(first + length);
  }

  /**
   * Copies a large payload to slabs, which are in the processor's cache. New memory would cost several times as much.
   */
  #largeFrame(firstByte: number, payload: Uint8Array, key: number | undefined): void {
    const { output } = this;
    const { length } = payload;
    // Each slice fills the current memory to its end, so none is wasted. The first slice follows the header directly.
    let end = Math.min(length, sliceSize(output) - MAX_HEADER_LENGTH);
    const start = output.reserve(MAX_HEADER_LENGTH + end);
    const first = writeHeader(output.memory, start, firstByte, length, key);
    copyPayload(payload, 0, end, output.memory, first, key);
    output.commit(first - start + end);
    for (let from = end; from < length; from = end) {
      end = Math.min(length, from + sliceSize(output));
      const at = output.reserve(end - from);
      copyPayload(payload, from, end, output.memory, at, key);
      output.commit(end - from);
    }
  }

  /**
   * Queues a frame that encodeFrame() returned. It may be shared by many connections, and is copied only if it is small
   * and other output waits.
   */
  encoded(frame: Uint8Array): void {
    if (this.output.length === 0 || frame.length > SMALL_PAYLOAD) {
      this.output.append(frame);
    } else {
      const start = this.output.reserve(frame.length);
      this.output.memory.set(frame, start);
      this.output.commit(frame.length);
    }
  }
}

/**
 * Returns whether the header of a text has the same length however many bytes its characters take. A longer text would
 * leave too much of a slab unused.
 */
function hasOneHeaderLength({ length }: string): boolean {
  return length > MAX_CONTROL_PAYLOAD ? length <= MOST_UNCOUNTED : MOST_BYTES_PER_UNIT * length <= MAX_CONTROL_PAYLOAD;
}

/** Writes header and payload to `memory` at `start`. `length` is the size of the payload in bytes. */
function writeFrame(
  memory: Uint8Array,
  start: number,
  firstByte: number,
  payload: string | Uint8Array,
  length: number,
  key: number | undefined,
): void {
  const at = writeHeader(memory, start, firstByte, length, key);
  if (typeof payload === 'string') {
    writeUtf8(payload, memory, at);
    if (key !== undefined) maskInPlace(memory, at, at + length, key, 0);
  } else {
    copyPayload(payload, 0, length, memory, at, key);
  }
}

/** Returns the room left in the current memory, or the size of a new slab if little is left. */
function sliceSize({ room }: OutputBuffer): number {
  return room < LEAST_SLICE ? SLAB_SIZE : room;
}

/** Writes `payload[start, end)` to `memory` at `at`, masked if there is a key (§5.3). */
function copyPayload(
  payload: Uint8Array,
  start: number,
  end: number,
  memory: Uint8Array,
  at: number,
  key: number | undefined,
): void {
  if (key !== undefined) maskTo(payload, start, end, memory, at, key, start);
  else if (start === 0 && end === payload.length) memory.set(payload, at);
  else memory.set(new Uint8Array(payload.buffer, payload.byteOffset + start, end - start), at);
}

/**
 * Returns one frame as bytes, in memory of its own.
 *
 * @throws {TypeError | RangeError} if the frame would be invalid (§5.2, §5.5)
 */
export function encodeFrame(
  role: 'client' | 'server',
  opcode: number,
  payload: string | Uint8Array,
  fin = true,
  rsv = 0,
): Uint8Array {
  const encoder = new FrameEncoder(role);
  encoder.frame(opcode, payload, fin, rsv);
  const pieces = encoder.output.take();
  const frame = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
    releaseOutput(piece);
  }
  return frame;
}

function checkFrame(opcode: number, payload: unknown, fin: boolean, rsv: number): void {
  if (typeof payload !== 'string' && !isUint8Array(payload)) {
    throw invalidType('payload', 'a string or a Uint8Array', payload);
  }
  if (!Number.isInteger(opcode) || opcode < 0 || opcode > 0xf || isReservedOpcode(opcode)) {
    throw invalidValue('opcode', 'one of 0x0, 0x1, 0x2, 0x8, 0x9, 0xa (§5.2)', opcode);
  }
  if ((rsv & ~RSV_BITS) !== 0) throw invalidValue('rsv', 'a sum of RSV1, RSV2 and RSV3', rsv);
  if (!isControl(opcode)) return;
  if (!fin) throw invalidValue('fin', 'true in a control frame (§5.5)', fin);
  const length = typeof payload === 'string' ? utf8Length(payload) : payload.length;
  if (length > MAX_CONTROL_PAYLOAD) {
    throw invalidValue('payload', `at most ${MAX_CONTROL_PAYLOAD} bytes in a control frame (§5.5)`, length);
  }
}
