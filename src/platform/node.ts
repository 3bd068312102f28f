/**
 * What the pure layers need from their host, for Node.js. `#platform` in package.json chooses between this file and
 * web.ts.
 */
import { Buffer, constants, isAscii as nodeIsAscii, isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { hash, randomFillSync } from 'node:crypto';
import { decodeWellFormed } from './utf8-decoder.js';

/** See decodeWellFormed(). */
const DECODES_SLOWLY = Number.parseInt(process.versions.v8 ?? '', 10) < 13;

/** From this size on, decodeWellFormed() is faster, even if the text turns out to be ASCII. */
const WORTH_DECODING = 32;

/** Fills `bytes` from a cryptographically secure source. */
export function fillRandom(bytes: Uint8Array): void {
  randomFillSync(bytes);
}

/** Returns whether `bytes[start, end)` is well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  // A Uint8Array costs less to create than the Buffer that Buffer.subarray() returns.
  return nodeIsUtf8(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

/** Returns whether every byte of `bytes[start, end)` is ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  return nodeIsAscii(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

/** The largest size of one allocation, in bytes. If less memory is free, allocating throws. */
export const MAX_MEMORY: number = constants.MAX_LENGTH;

/**
 * Memory from MIN_OWN_POOL up to MAX_OWN_POOL bytes is a part of a pool of our own, if Node's pool is larger than that.
 * It has 64 KiB since Node 24, and applications may change it.
 */
const MIN_OWN_POOL = 1_024;
const MAX_OWN_POOL = 4_096;
const OWN_POOL_SIZE = 8_192;
let pool = new ArrayBuffer(0);
let poolUsed = 0;

/**
 * Allocates memory whose content is undefined: every byte must be written before anyone sees it. Returns a Buffer.
 * Memory of 1 KiB or more pins at most 8 times its size. Smaller memory may be part of Node's pool, as any small Buffer
 * is.
 */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  if (size < MIN_OWN_POOL || 8 * size >= Buffer.poolSize) return Buffer.allocUnsafe(size);
  return size <= MAX_OWN_POOL ? allocateFromPool(size) : Buffer.allocUnsafeSlow(size);
}

function allocateFromPool(size: number): Uint8Array<ArrayBuffer> {
  if (poolUsed + size > pool.byteLength) {
    pool = Buffer.allocUnsafeSlow(OWN_POOL_SIZE).buffer;
    poolUsed = 0;
    // As Node's own pool: transferring one message would take the memory of the others away. An import would add 2 ms to
    // the start of every program.
    process.getBuiltinModule('node:worker_threads').markAsUntransferable(pool);
  }
  const memory = Buffer.from(pool, poolUsed, size);
  // Typed arrays of any kind may be created on it.
  poolUsed += (size + 7) & ~7;
  return memory;
}

/** Allocates memory that is never part of a pool, so that it can be transferred and freed by itself. */
export function allocateUnpooled(size: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(size);
}

/** Decodes `bytes[start, end)`, which must be well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (DECODES_SLOWLY && end - start >= WORTH_DECODING && !isAscii(bytes, start, end)) {
    return decodeWellFormed(bytes, start, end);
  }
  return asBuffer(bytes).toString('utf8', start, end);
}

/**
 * Decodes `bytes[start, end)`, which must be well-formed UTF-8, if it is known whether it is ASCII. 1 KiB of ASCII
 * takes 110 ns, instead of the 150 of decodeUtf8().
 */
export function decodeKnown(bytes: Uint8Array, start: number, end: number, isAscii: boolean): string {
  if (!isAscii && DECODES_SLOWLY) return decodeWellFormed(bytes, start, end);
  return asBuffer(bytes).toString(isAscii ? 'latin1' : 'utf8', start, end);
}

/** Returns the length of `text` as UTF-8, in bytes. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Writes `text` as UTF-8 to `target` at `offset`, which must have room. Returns the number of bytes written. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  return asBuffer(target).write(text, offset, 'utf8');
}

/** Returns the base64 of `bytes` (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64');
}

/** Returns the base64 of the SHA-1 (RFC 3174) of `text`, as UTF-8. */
export function sha1Base64(text: string): string {
  return hash('sha1', text, 'base64');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
