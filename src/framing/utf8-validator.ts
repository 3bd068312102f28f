import { isUtf8 } from '#platform';

/**
 * From this many bytes on, a call of the host's own check is faster than the loop below: they meet at 48, and at 1 KiB the host is
 * 15 times as fast (bench/utf8.ts).
 */
const HOST_THRESHOLD = 48;

/** The most bytes by which one encoded character can reach over the end of a chunk. */
const MAX_TAIL = 3;

/**
 * Checks a text as it arrives in pieces, and finds the first byte that cannot be UTF-8 (RFC 3629 §4) as soon as it is there: "When
 * an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream, that
 * endpoint MUST _Fail the WebSocket Connection_" (RFC 6455 §8.1).
 *
 *     UTF8-1 = %x00-7F                                 UTF8-3 = %xE0 %xA0-BF tail / %xE1-EC 2( tail ) / %xED %x80-9F tail / %xEE-EF 2( tail )
 *     UTF8-2 = %xC2-DF tail     tail = %x80-BF         UTF8-4 = %xF0 %x90-BF 2( tail ) / %xF1-F3 3( tail ) / %xF4 %x80-8F 2( tail )
 *
 * Only the byte behind the first has a range narrower than `tail`, so the state is: how many bytes are owed, and the range of
 * the next one.
 */
export class Utf8Validator {
  #owed = 0;
  #lower = 0x80;
  #upper = 0xbf;
  readonly #hostThreshold: number;

  /** @param hostThreshold from how many bytes on to ask the host; bench/utf8.ts tries others */
  constructor(hostThreshold: number = HOST_THRESHOLD) {
    this.#hostThreshold = hostThreshold;
  }

  /** Whether what was checked so far ends between two characters. */
  get isComplete(): boolean {
    return this.#owed === 0;
  }

  /** Goes on with `bytes[start, end)`. Gives the index of the first byte that cannot be right, or -1. */
  check(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < this.#hostThreshold) return this.#scan(bytes, start, end);
    const begin = this.#finishCharacter(bytes, start, end);
    if (begin < 0) return -begin - 1;
    const whole = lastBoundary(bytes, begin, end);
    // The host only says yes or no; the scan then finds the place.
    return this.#scan(bytes, isUtf8(bytes, begin, whole) ? whole : begin, end);
  }

  /** Takes the bytes still owed to a character. Gives the place behind it, or -1 - index of a wrong byte. */
  #finishCharacter(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.#owed);
    const wrong = this.#scan(bytes, start, stop);
    return wrong === -1 ? stop : -1 - wrong;
  }

  #scan(bytes: Uint8Array, start: number, end: number): number {
    let owed = this.#owed;
    let lower = this.#lower;
    let upper = this.#upper;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (owed !== 0) {
        if (byte < lower || byte > upper) return i;
        owed--;
        lower = 0x80;
        upper = 0xbf;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return i;
        owed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte === 0xe0) lower = 0xa0;
        else if (byte === 0xed) upper = 0x9f;
        else if (byte === 0xf0) lower = 0x90;
        else if (byte === 0xf4) upper = 0x8f;
      }
    }
    this.#owed = owed;
    this.#lower = lower;
    this.#upper = upper;
    return -1;
  }
}

/** A place at the end of `bytes[start, end)`, or up to three bytes before it, that no character reaches over. */
function lastBoundary(bytes: Uint8Array, start: number, end: number): number {
  for (let back = 1; back <= MAX_TAIL && end - back >= start; back++) {
    const byte = bytes[end - back]!;
    if (byte >= 0xc0) {
      const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return length === back ? end : end - back;
    }
  }
  return end;
}
