import { isAnyArrayBuffer, isProxy } from 'node:util/types';
import { isUtf8 } from '#platform';
import { invalidReturn, invalidType, invalidValue, rangeError, typeError } from '../errors.js';
import { MAX_CONTROL_PAYLOAD } from '../framing/frame-header.js';
import { bytesOf, isBlob, isUint8Array } from '../host-values.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { WS_SEND_OPTIONS } from '../ws-option-names.js';

/** The data that send() accepts. A string is sent as text, anything else as binary. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | Blob;

/** Options of send() and prepareMessage(). */
export interface SendOptions {
  /**
   * The type of the message. By default `'text'` for a string, otherwise `'binary'`. Bytes that are sent as text must
   * be UTF-8.
   */
  readonly type?: 'text' | 'binary' | undefined;
  /** `false` sends this message uncompressed, for example because it is a JPEG or holds a secret. Default true. */
  readonly compress?: boolean | undefined;
}

export const SEND_OPTION_NAMES: OptionNames<SendOptions> = { type: true, compress: true };

/** The types of data that send(), broadcast(), ping() and pong() have in common, for error messages. */
const TEXT_OR_BYTES = 'a string, a Buffer, an ArrayBufferView';

/**
 * Returns the text or the bytes to send, without a copy. A Blob is returned as it is, because its bytes must be read
 * first.
 *
 * @throws {TypeError} for anything else. A number, for example, must not allocate that many bytes.
 */
export function toPayload(data: Sendable): string | Uint8Array | Blob {
  if (typeof data === 'string' || isUint8Array(data)) return data;
  if (ArrayBuffer.isView(data)) return bytesOf(data);
  if (isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (isBlob(data)) return data;
  if (isProxy(data)) throw typeError('data is a Proxy, whose bytes cannot be read: pass its target');
  throw invalidType('data', `${TEXT_OR_BYTES}, an ArrayBuffer or a Blob`, data);
}

/**
 * Returns the text or the bytes to send, without a copy.
 *
 * @throws {TypeError} for anything else, including a Blob
 */
export function toTextOrBytes(data: Exclude<Sendable, Blob>): string | Uint8Array {
  const isOther = typeof data !== 'string' && !ArrayBuffer.isView(data) && !isAnyArrayBuffer(data) && !isProxy(data);
  if (isOther) throw invalidType('data', `${TEXT_OR_BYTES} or an ArrayBuffer`, data);
  return toPayload(data) as string | Uint8Array;
}

/** The checked options of a message: whether it is text, and whether it may be compressed. */
export interface SendMode<IsText = boolean> {
  readonly isText: IsText;
  readonly mayCompress: boolean;
}

/**
 * Checks the options of send() or sendStream().
 *
 * @param isText whether the message is text unless the options say otherwise
 * @param names the names that are allowed
 * @throws {TypeError | RangeError} for a wrong option
 */
export function sendModeOf<Default extends boolean | undefined>(
  options: SendOptions,
  isText: Default,
  names: OptionNames<SendOptions> = SEND_OPTION_NAMES,
): SendMode<boolean | Default> {
  if (typeof options === 'function')
    throw typeError('send() takes no callback: await flushed() instead, which resolves when everything has been sent');
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, names, '', WS_SEND_OPTIONS);
  const { type, compress = true } = options;
  if (typeof compress !== 'boolean') throw invalidType('compress', 'a boolean', compress);
  if (type === undefined) return { isText, mayCompress: compress };
  if (typeof type !== 'string') throw invalidType('type', "'text' or 'binary'", type);
  if (type !== 'text' && type !== 'binary') throw invalidValue('type', "'text' or 'binary'", type);
  return { isText: type === 'text', mayCompress: compress };
}

/**
 * Returns the payload as bytes if its type is not that of the data: a string to be sent as binary, or bytes to be sent
 * as text.
 *
 * The bytes of a text are checked here. If the peer found them to be wrong, it would fail the connection (RFC 6455
 * §8.1).
 *
 * @throws {RangeError} if a text is not UTF-8
 */
export function payloadAs(payload: string | Uint8Array, isText: boolean): string | Uint8Array {
  if (typeof payload === 'string') return isText ? payload : Buffer.from(payload, 'utf8');
  if (isText && !isUtf8(payload, 0, payload.length)) throw invalidValue('data', 'UTF-8 if it is sent as text', payload);
  return payload;
}

/**
 * Returns the bytes of a Blob.
 *
 * @throws {TypeError} if the Blob returns anything else. A number, for example, must not allocate that many bytes.
 */
export async function bytesOfBlob(blob: Blob): Promise<Uint8Array> {
  const buffer: unknown = await blob.arrayBuffer();
  if (!isAnyArrayBuffer(buffer)) throw invalidReturn('arrayBuffer', 'an ArrayBuffer', buffer);
  return new Uint8Array(buffer);
}

/** Returns the size of a payload in bytes. */
export function payloadSize(payload: string | Uint8Array | { readonly size: number }): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return isUint8Array(payload) ? payload.length : payload.size;
}

/**
 * Returns a copy of the payload of a Ping or Pong.
 *
 * @throws {TypeError | RangeError} for anything but at most 125 bytes
 */
export function toControlPayload(data: string | Uint8Array, name: 'Ping' | 'Pong'): Buffer {
  const bytes = Buffer.from(toTextOrBytes(data) as string);
  if (bytes.length > MAX_CONTROL_PAYLOAD) {
    throw rangeError(
      `data must have at most ${MAX_CONTROL_PAYLOAD} bytes in a ${name} (RFC 6455 §5.5), but has ${bytes.length}`,
    );
  }
  // The payload is kept until its Pong arrives, so it must not keep Node's pool alive.
  return Buffer.from(new Uint8Array(bytes).buffer);
}
