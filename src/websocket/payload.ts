import { types } from 'node:util';
import { invalidType } from '../errors.js';
import { bytesOf, isBlob } from '../host-values.js';
import { toScalarString } from './web-idl.js';

/** Converts `(BufferSource or Blob or USVString)`, the argument of send(). */
export function toMessage(data: unknown): string | Uint8Array | Blob {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data)) {
    // A BufferSource without [AllowShared].
    if (types.isSharedArrayBuffer(data.buffer)) throw invalidType('data', 'in memory that is not shared', data);
    return bytesOf(data);
  }
  if (types.isArrayBuffer(data)) return new Uint8Array(data);
  return isBlob(data) ? data : toScalarString(data);
}

/** Returns a binary message in the form that `binaryType` requests. */
export function toBinaryData(data: Buffer, type: 'blob' | 'arraybuffer'): Blob | ArrayBuffer {
  if (type === 'blob') return new Blob([data]);
  // The memory of a Buffer may contain other messages.
  return data.byteLength === data.buffer.byteLength ? (data.buffer as ArrayBuffer) : new Uint8Array(data).buffer;
}
