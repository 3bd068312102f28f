import { typeError } from '../errors.js';
import { encodeFrame } from '../framing/frame-encoder.js';
import { RSV1 } from '../framing/frame-header.js';
import { OPCODE } from '../framing/opcode.js';
import { isThenable } from '../host-values.js';
import { Deflater, type DeflaterOptions } from '../permessage-deflate/index.js';
import {
  payloadAs,
  payloadSize,
  type Sendable,
  type SendOptions,
  sendModeOf,
  toPayload,
  toTextOrBytes,
} from './payload.js';

/** Marks the prepared messages of every copy of this package in the process, also of another version or realm. */
const PREPARED = Symbol.for('ws101.PreparedMessage');

/**
 * A message for many peers. It is encoded once, and compressed once for all connections with the same parameters.
 *
 * A client masks each frame with a key of its own, so it gains nothing.
 */
export class PreparedMessage {
  static {
    Object.defineProperty(PreparedMessage.prototype, PREPARED, { value: true });
  }

  /** The text or the bytes. */
  readonly payload: string | Uint8Array;
  /** The message as an uncompressed frame of a server. */
  readonly frame: Uint8Array;
  /** The size of the payload in bytes. */
  readonly size: number;
  readonly isText: boolean;
  /** Whether this message may be compressed. */
  readonly mayCompress: boolean;
  #compressed: Map<string, Uint8Array | Promise<Uint8Array>> | undefined;

  constructor(data: string | Uint8Array, isText: boolean = typeof data === 'string', mayCompress = true) {
    this.isText = isText;
    this.mayCompress = mayCompress;
    this.frame = encodeFrame('server', this.#opcode, data);
    this.size = payloadSize(data);
    this.payload = typeof data === 'string' ? data : this.#bytes;
  }

  get #opcode(): number {
    return this.isText ? OPCODE.TEXT : OPCODE.BINARY;
  }

  /** The payload, as a part of the frame. */
  get #bytes(): Uint8Array {
    return this.frame.subarray(this.frame.length - this.size);
  }

  /**
   * Returns the message as a compressed frame of a server, for connections without context takeover. Returns a promise
   * if the message is deflated on the thread pool.
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
    // The deflater is never closed, so it always returns the bytes.
    const deflated = new Deflater(options).deflate(this.#bytes) as Uint8Array | Promise<Uint8Array>;
    const encode = (body: Uint8Array) => encodeFrame('server', this.#opcode, body, true, RSV1);
    return isThenable(deflated) ? deflated.then(encode) : encode(deflated);
  }
}

/**
 * Prepares a message for many connections, for their send() or a server's broadcast(). It is encoded once and
 * compressed once. The bytes are copied, so the caller may change them as soon as this returns.
 *
 * @throws {TypeError} for data that is not a message, and for a Blob, whose bytes must be read first
 * @throws {RangeError} if bytes that are sent as text are not UTF-8
 */
export function prepareMessage(data: Exclude<Sendable, Blob>, options?: SendOptions): PreparedMessage {
  const payload = toTextOrBytes(data);
  if (options === undefined) return new PreparedMessage(payload);
  const { isText, mayCompress } = sendModeOf(options, typeof payload === 'string');
  return new PreparedMessage(payloadAs(payload, isText), isText, mayCompress);
}

/**
 * Returns the message for send(): the result of toPayload(), or a prepared message.
 *
 * @throws {TypeError} for anything else
 */
export function toMessage(data: Sendable | PreparedMessage): string | Uint8Array | Blob | PreparedMessage {
  // These checks come first because a failing instanceof is slow.
  if (typeof data === 'string' || ArrayBuffer.isView(data)) return toPayload(data);
  if (data instanceof PreparedMessage) return data;
  return isPreparedElsewhere(data) ? prepareMessage(data.payload, optionsOf(data)) : toPayload(data);
}

/** Returns a prepared message for broadcast(). */
export function toPrepared(data: Exclude<Sendable, Blob> | PreparedMessage): PreparedMessage {
  if (data instanceof PreparedMessage) return data;
  return isPreparedElsewhere(data) ? prepareMessage(data.payload, optionsOf(data)) : prepareMessage(data);
}

/** Throws if options of send() contradict a prepared message. */
export function checkNotPrepared(message: unknown, { type }: SendOptions): void {
  if (type === undefined || !(message instanceof PreparedMessage)) return;
  throw typeError('type is an option of prepareMessage(), and cannot be changed for a prepared message');
}

/**
 * Whether another copy of this package prepared the message. Only its `payload` is sure to have the same meaning here.
 */
function isPreparedElsewhere(data: unknown): data is PreparedMessage {
  return typeof data === 'object' && data !== null && PREPARED in data;
}

/**
 * Returns the options of a message that another copy of this package prepared. Another version may not have these
 * properties.
 */
function optionsOf({ isText, mayCompress }: Partial<PreparedMessage>): SendOptions {
  return {
    ...(typeof isText === 'boolean' ? { type: isText ? 'text' : 'binary' } : {}),
    ...(typeof mayCompress === 'boolean' ? { compress: mayCompress } : {}),
  };
}
