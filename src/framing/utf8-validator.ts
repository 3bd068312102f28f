import { isAscii, isUtf8 } from '#platform';

/**
 * From this size on, the host's check is faster than the loop below: as fast at 48 bytes, and 15 times as fast at 1 KiB
 * (bench/utf8.ts).
 */
const HOST_THRESHOLD = 48;

/** The most bytes of an incomplete character at the end of a chunk. */
const MAX_TAIL = 3;

/**
 * Checks that a text is UTF-8 while it arrives in pieces, and finds the first wrong byte as soon as it arrives: "When
 * an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8
 * stream, that endpoint MUST _Fail the WebSocket Connection_" (RFC 6455 §8.1). The grammar is that of RFC 3629 §4:
 *
 *     UTF8-1 = %x00-7F
 *     UTF8-2 = %xC2-DF tail
 *     UTF8-3 = %xE0 %xA0-BF tail / %xE1-EC 2( tail ) / %xED %x80-9F tail / %xEE-EF 2( tail )
 *     UTF8-4 = %xF0 %x90-BF 2( tail ) / %xF1-F3 3( tail ) / %xF4 %x80-8F 2( tail )
 *     tail   = %x80-BF
 *
 * Only the second byte can have a narrower range than `tail`. So the state is how many bytes of the character are still
 * expected, and the range of the next one.
 */
export class Utf8Validator {
  #expected = 0;
  #lower = 0x80;
  #upper = 0xbf;
  readonly #hostThreshold: number;
  #wasAscii = false;

  /** @param hostThreshold the size from which on the host's check is used; bench/utf8.ts tries others */
  constructor(hostThreshold: number = HOST_THRESHOLD) {
    this.#hostThreshold = hostThreshold;
  }

  /** Whether the bytes checked so far end between two characters. */
  get isComplete(): boolean {
    return this.#expected === 0;
  }

  /** Whether all bytes of the last check() were ASCII. */
  get wasAscii(): boolean {
    return this.#wasAscii;
  }

  /** Checks `bytes[start, end)`, the next bytes of the text. Returns the index of the first wrong byte, or -1. */
  check(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < this.#hostThreshold) return this.#scan(bytes, start, end);
    this.#wasAscii = this.#expected === 0 && isAscii(bytes, start, end);
    if (this.#wasAscii) return -1;
    const begin = this.#finishCharacter(bytes, start, end);
    if (begin < 0) return -begin - 1;
    const whole = lastBoundary(bytes, begin, end);
    // The host only returns true or false. If false, the scan finds the place.
    const wrong = this.#scan(bytes, isUtf8(bytes, begin, whole) ? whole : begin, end);
    this.#wasAscii = false;
    return wrong;
  }

  /** Takes the remaining bytes of a character. Returns the index after it, or `-1 - index` for a wrong byte. */
  #finishCharacter(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.#expected);
    const wrong = this.#scan(bytes, start, stop);
    return wrong === -1 ? stop : -1 - wrong;
  }

  #scan(bytes: Uint8Array, start: number, end: number): number {
    let expected = this.#expected;
    let lower = this.#lower;
    let upper = this.#upper;
    let allBits = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      allBits |= byte;
      if (expected !== 0) {
        if (byte < lower || byte > upper) return i;
        expected--;
        lower = 0x80;
        upper = 0xbf;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return i;
        expected = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte === 0xe0) lower = 0xa0;
        else if (byte === 0xed) upper = 0x9f;
        else if (byte === 0xf0) lower = 0x90;
        else if (byte === 0xf4) upper = 0x8f;
      }
    }
    this.#expected = expected;
    this.#lower = lower;
    this.#upper = upper;
    this.#wasAscii = allBits < 0x80;
    return -1;
  }
}

/**
 * Returns the index of the last boundary between two characters: the end of `bytes[start, end)`, or up to three bytes
 * before it.
 */
export function lastBoundary(bytes: Uint8Array, start: number, end: number): number {
  for (let back = 1; back <= MAX_TAIL && end - back >= start; back++) {
    const byte = bytes[end - back]!;
    if (byte >= 0xc0) {
      const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return length <= back ? end : end - back;
    }
  }
  return end;
}
