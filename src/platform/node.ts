/**
 * What the pure layers need from their host, on Node.js. `#platform` in package.json chooses between this file and web.ts.
 */
import { Buffer, constants, isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

/** Fills `bytes` from a cryptographically secure source. */
export function fillRandom(bytes: Uint8Array): void {
  randomFillSync(bytes);
}

/** Whether `bytes[start, end)` is well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  // A plain view costs less to make than the Buffer that Buffer.subarray() gives.
  return nodeIsUtf8(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

/** The most bytes that one piece of memory may have. (Where there is less, allocating throws.) */
export const MAX_MEMORY: number = constants.MAX_LENGTH;

/** Less than this may lie in a pool of any size. */
const SMALL = 1_024;

/**
 * New memory whose content is undefined: every byte must be written before it is shown to anyone. A Buffer here. From 1 KiB on it pins at
 * most 8 times its size; less may lie in Node's pool, as every small Buffer does.
 */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  // The pool is 8 KiB, but not in every version, and applications may change it.
  return size < SMALL || 8 * size >= Buffer.poolSize ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
}

/** New memory of its own, never a part of a pool, so that its holder can be handed on and freed alone. */
export function allocateUnpooled(size: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(size);
}

/** The text in `bytes[start, end)`, which is known to be well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return asBuffer(bytes).toString('utf8', start, end);
}

/** How many bytes `text` takes as UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Writes `text` as UTF-8 to `target` at `offset`, where there must be room, and gives the number of bytes written. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  return asBuffer(target).write(text, offset, 'utf8');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
