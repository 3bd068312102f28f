/**
 * What the pure layers need from their host, in a browser, Deno, Bun or a worker: the same functions as node.ts, by the
 * standards of the web alone.
 *
 * `#platform` in package.json chooses it for bundlers: the conditions `browser` and `module` together. jest-environment-jsdom sets
 * `browser` alone. It runs in Node and has no TextEncoder, so it gets node.ts.
 */

/** crypto.getRandomValues() fills at most this many bytes a call. */
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

/** Whether `bytes[start, end)` is well-formed UTF-8 (RFC 3629). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    strictDecoder.decode(bytes.subarray(start, end));
    return true;
  } catch {
    return false;
  }
}

/** The most bytes that one piece of memory may have: no engine allows more than this, and some allow less. Then allocating throws. */
export const MAX_MEMORY: number = 2 ** 33;

/** New memory; the web always gives it zeroed. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}

/** New memory of its own; on the web all memory is. */
export function allocateUnpooled(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}

/** The text in `bytes[start, end)`, which is known to be well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** How many bytes `text` takes as UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A surrogate pair is two units and four bytes: each unit so far counts one, the pair owes two more.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}

/** Writes `text` as UTF-8 to `target` at `offset`, where there must be room, and gives the number of bytes written. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  return encoder.encodeInto(text, target.subarray(offset)).written;
}
