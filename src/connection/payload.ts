import { types } from 'node:util';
import { invalidType } from '../errors.js';

/** What send() takes. A string is sent as text, all else as binary. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | Blob;

/**
 * The bytes or the text to send, without a copy; a Blob comes back as it is, since its bytes are not here yet.
 *
 * @throws {TypeError} for anything else: a number, say, must not become memory of that size
 */
export function toPayload(data: Sendable): string | Uint8Array | Blob {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // Not by instanceof, which does not know those of another realm (node:vm, and so test runners).
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (data instanceof Blob) return data;
  throw invalidType('data', 'a string, a Buffer, an ArrayBufferView, an ArrayBuffer or a Blob', data);
}

/** How many bytes of payload this will be. */
export function payloadSize(payload: string | Uint8Array | { readonly size: number }): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.length : payload.size;
}
