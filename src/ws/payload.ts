import { types } from 'node:util';
import { isBlob } from '../host-values.js';

/**
 * Returns a payload as a string, a Blob, or bytes. Bytes share the memory of `data` if they can.
 *
 * @throws {TypeError} if Buffer.from() does not accept `data`
 */
export function toPayload(data: unknown): string | Buffer | Blob {
  if (typeof data === 'string' || isBlob(data)) return data as string | Blob;
  return toBuffer(data);
}

export function toBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (types.isAnyArrayBuffer(data)) return Buffer.from(data as ArrayBuffer);
  return Buffer.from(data as string);
}

/** Whether a payload is text or bytes, as opposed to a Blob. */
export function isTextOrBytes(payload: string | Buffer | Blob): payload is string | Buffer {
  return typeof payload === 'string' || Buffer.isBuffer(payload);
}

export function sizeOf(payload: string | Buffer | Blob): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return Buffer.isBuffer(payload) ? payload.length : payload.size;
}
