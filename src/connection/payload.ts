import { types } from 'node:util';
import { invalidReturn, invalidType } from '../errors.js';
import { bytesOf, isBlob, isUint8Array } from '../host-values.js';

/** What send() takes. A string is sent as text, all else as binary. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | Blob;

/**
 * The bytes or the text to send, without a copy; a Blob comes back as it is, since its bytes are not here yet.
 *
 * @throws {TypeError} for anything else: a number, say, must not become memory of that size
 */
export function toPayload(data: Sendable): string | Uint8Array | Blob {
  if (typeof data === 'string' || isUint8Array(data)) return data;
  if (ArrayBuffer.isView(data)) return bytesOf(data);
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (isBlob(data)) return data;
  if (types.isProxy(data)) {
    throw invalidType(
      'data',
      'the Buffer, ArrayBufferView or ArrayBuffer itself, since the bytes behind a Proxy cannot be read',
      data,
    );
  }
  throw invalidType('data', 'a string, a Buffer, an ArrayBufferView, an ArrayBuffer or a Blob', data);
}

/**
 * The bytes of a Blob.
 *
 * @throws {TypeError} if it returns anything else: 1000, say, must not become memory of that size
 */
export async function bytesOfBlob(blob: Blob): Promise<Uint8Array> {
  const buffer: unknown = await blob.arrayBuffer();
  if (!types.isAnyArrayBuffer(buffer)) throw invalidReturn('arrayBuffer', 'an ArrayBuffer', buffer);
  return new Uint8Array(buffer);
}

/** How many bytes of payload this will be. */
export function payloadSize(payload: string | Uint8Array | { readonly size: number }): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return isUint8Array(payload) ? payload.length : payload.size;
}
