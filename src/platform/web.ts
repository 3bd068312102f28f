/**
 * What the pure layers need from their host, for browsers: the same functions as node.ts, made of web standards alone.
 *
 * `#platform` in package.json chooses this file for bundlers, which set the conditions `browser` and `module`.
 * jest-environment-jsdom sets only `browser`. It runs in Node and has no TextEncoder, so it gets node.ts.
 */

import { sha1 } from './sha1.js';

/** crypto.getRandomValues() fills at most this many bytes per call. */
const RANDOM_QUOTA = 65_536;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Fills `bytes` from a cryptographically secure source. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  for (let start = 0; start < bytes.length; start += RANDOM_QUOTA) {
    crypto.getRandomValues(bytes.subarray(start, start + RANDOM_QUOTA));
  }
}

/** Returns whether `bytes[start, end)` is well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    strictDecoder.decode(bytes.subarray(start, end));
    return true;
  } catch {
    return false;
  }
}

/** Returns whether every byte of `bytes[start, end)` is ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}

/** The largest size of one allocation, in bytes. No engine allows more. If an engine allows less, allocating throws. */
export const MAX_MEMORY: number = 2 ** 33;

/** Allocates memory, which is zeroed on the web. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}

/** Allocates memory that is not part of a pool. The web has no pools. */
export function allocateUnpooled(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}

/** Decodes `bytes[start, end)`, which must be well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Decodes `bytes[start, end)`, which must be well-formed UTF-8. The web does not gain by knowing that it is ASCII. */
export function decodeKnown(bytes: Uint8Array, start: number, end: number, _isAscii: boolean): string {
  return decodeUtf8(bytes, start, end);
}

/** Returns the length of `text` as UTF-8, in bytes. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A surrogate pair is two units and four bytes. Each unit has counted as one byte, so two are missing.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}

/** Writes `text` as UTF-8 to `target` at `offset`, which must have room. Returns the number of bytes written. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  return encoder.encodeInto(text, target.subarray(offset)).written;
}

/** How many bytes become base64 at once: a function takes only so many arguments. A multiple of 3 needs no padding. */
const BASE64_BLOCK = 24_576;

/** Returns the base64 of `bytes` (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += BASE64_BLOCK) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_BLOCK)));
  }
  return text;
}

/**
 * Returns the base64 of the SHA-1 (RFC 3174) of `text`, as UTF-8. The Web Crypto API has only an asynchronous SHA-1.
 */
export function sha1Base64(text: string): string {
  return toBase64(sha1(encoder.encode(text)));
}
