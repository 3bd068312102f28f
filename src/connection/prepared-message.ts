import { invalidType } from '../errors.js';
import { encodeFrame } from '../framing/frame-encoder.js';
import { RSV1 } from '../framing/frame-header.js';
import { OPCODE } from '../framing/opcode.js';
import { isBlob, isThenable } from '../host-values.js';
import { Deflater, type DeflaterOptions } from '../permessage-deflate/index.js';
import { payloadSize, type Sendable, toPayload } from './payload.js';

/** Marks the prepared messages of every copy of this package in the process: another version, or the same one in another realm. */
const PREPARED = Symbol.for('ws101.PreparedMessage');

/**
 * A message for many peers: its frame is encoded once, and compressed once for all connections that agreed on the same parameters, whatever
 * their number. (A client masks each frame by a key of its own, so it gains nothing by this.)
 */
export class PreparedMessage {
  static {
    Object.defineProperty(PreparedMessage.prototype, PREPARED, { value: true });
  }

  /** The text, or the bytes. */
  readonly payload: string | Uint8Array;
  /** The message as one frame of a server's, not compressed. */
  readonly frame: Uint8Array;
  /** Bytes of payload. */
  readonly size: number;
  readonly #opcode: number;
  #compressed: Map<string, Uint8Array | Promise<Uint8Array>> | undefined;

  constructor(data: string | Uint8Array) {
    this.#opcode = typeof data === 'string' ? OPCODE.TEXT : OPCODE.BINARY;
    this.frame = encodeFrame('server', this.#opcode, data);
    this.size = payloadSize(data);
    this.payload = typeof data === 'string' ? data : this.#bytes;
  }

  /** The payload as it stands in the frame. */
  get #bytes(): Uint8Array {
    return this.frame.subarray(this.frame.length - this.size);
  }

  /**
   * The message as one compressed frame of a server's, for connections where every message stands alone. The promise is for one that is
   * deflated on the thread pool.
   */
  compressedFrame(options: DeflaterOptions): Uint8Array | Promise<Uint8Array> {
    const key = `${options.windowBits} ${options.level} ${options.memLevel}`;
    this.#compressed ??= new Map();
    let frame = this.#compressed.get(key);
    if (frame === undefined) {
      frame = this.#compress(options);
      this.#compressed.set(key, frame);
    }
    return frame;
  }

  #compress(options: DeflaterOptions): Uint8Array | Promise<Uint8Array> {
    // Never closed, so it gives the bytes.
    const deflated = new Deflater(options).deflate(this.#bytes) as Uint8Array | Promise<Uint8Array>;
    const encode = (body: Uint8Array) => encodeFrame('server', this.#opcode, body, true, RSV1);
    return isThenable(deflated) ? deflated.then(encode) : encode(deflated);
  }
}

/**
 * Makes a message ready to be sent over many connections by their send(), or by a server's broadcast(): encoded once, and
 * compressed once. The bytes are copied: the caller's memory is free as soon as this returns.
 *
 * @throws {TypeError} for anything that is no message, and for a Blob, whose bytes are not here yet
 */
export function prepareMessage(data: Exclude<Sendable, Blob>): PreparedMessage {
  const payload = toPayload(data);
  if (isBlob(payload)) throw invalidType('data', 'a string, a Buffer, an ArrayBufferView or an ArrayBuffer', data);
  return new PreparedMessage(payload);
}

/**
 * What send() takes, as toPayload() gives it; a message that was prepared comes back as it is.
 *
 * @throws {TypeError} for anything else
 */
export function toMessage(data: Sendable | PreparedMessage): string | Uint8Array | Blob | PreparedMessage {
  // Asked first, since it costs next to nothing: instanceof looks through all prototypes of what is none.
  if (typeof data === 'string' || ArrayBuffer.isView(data)) return toPayload(data);
  if (data instanceof PreparedMessage) return data;
  return toPayload(isPreparedElsewhere(data) ? data.payload : data);
}

/** What broadcast() takes, prepared if it is not yet. */
export function toPrepared(data: Exclude<Sendable, Blob> | PreparedMessage): PreparedMessage {
  if (data instanceof PreparedMessage) return data;
  return prepareMessage(isPreparedElsewhere(data) ? data.payload : data);
}

/** Whether another copy of this package prepared it: then of all its properties only `payload` is sure to mean the same here. */
function isPreparedElsewhere(data: unknown): data is PreparedMessage {
  return typeof data === 'object' && data !== null && PREPARED in data;
}
