/** Reads the body of a response other than 101, for the error (RFC 9112 §6, §7). */
import { parseTokenList } from '../grammar.js';
import { GrowingBytes } from '../growing-bytes.js';
import type { ResponseHead } from './head.js';

/** The maximum size of a body and its coding, so that a server that refuses cannot fill our memory. */
const MAX_BODY_SIZE = 1024 * 1024;

const LF = 0x0a;

/**
 * The position of the next byte in the chunked coding (RFC 9112 §7.1). Nothing is read after the last chunk, of size 0.
 *
 *     chunk-size [ chunk-ext ] CRLF | chunk-data CRLF
 *     size      |size-end           | data      |data-end
 */
type ChunkedState = 'size' | 'size-end' | 'data' | 'data-end';

export class ResponseBody {
  readonly #content = new GrowingBytes();
  /** How many bytes remain: of the chunk in the chunked coding, otherwise of the whole body. */
  #remaining: number;
  /** Undefined if the body is not chunked. */
  #chunked: ChunkedState | undefined;
  #received = 0;
  #isWhole: boolean;

  constructor(head: ResponseHead) {
    const isChunked = parseTokenList(head.headers.all('Transfer-Encoding'))?.at(-1)?.toLowerCase() === 'chunked';
    this.#chunked = isChunked ? 'size' : undefined;
    this.#remaining = isChunked ? 0 : contentLength(head);
    this.#isWhole = !isChunked && this.#remaining === 0;
  }

  /**
   * Whether the body is complete. A body without a length is complete when the connection ends, which the caller
   * detects.
   */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The bytes received, without the chunked coding. */
  get content(): Uint8Array {
    return this.#content.view();
  }

  /** Returns the index of the first byte after the body, or the length of the chunk. */
  receive(chunk: Uint8Array): number {
    const bytes = chunk.subarray(0, MAX_BODY_SIZE - this.#received);
    this.#received += bytes.length;
    let offset = 0;
    while (offset < bytes.length && !this.#isWhole) {
      offset =
        this.#chunked === undefined || this.#chunked === 'data'
          ? this.#receiveContent(bytes, offset)
          : this.#receiveChunkHeader(bytes[offset]!, offset);
    }
    if (this.#received === MAX_BODY_SIZE) this.#isWhole = true;
    return offset;
  }

  /** Returns the offset of the next byte, as #receiveChunkHeader() does. */
  #receiveContent(bytes: Uint8Array, offset: number): number {
    const end = Math.min(bytes.length, offset + this.#remaining);
    this.#content.append(bytes, offset, end);
    this.#remaining -= end - offset;
    if (this.#remaining === 0) {
      if (this.#chunked === undefined) this.#isWhole = true;
      else this.#chunked = 'data-end';
    }
    return end;
  }

  #receiveChunkHeader(byte: number, offset: number): number {
    if (this.#chunked === 'data-end') {
      if (byte === LF) this.#chunked = 'size';
      return offset + 1;
    }
    const digit = this.#chunked === 'size' ? Number.parseInt(String.fromCharCode(byte), 16) : Number.NaN;
    if (!Number.isNaN(digit)) {
      // Sizes above the limit are cut to it, because larger numbers would lose their low digits.
      this.#remaining = Math.min(this.#remaining * 16 + digit, MAX_BODY_SIZE);
    } else if (byte === LF) {
      this.#chunked = 'data';
      if (this.#remaining === 0) this.#isWhole = true;
    } else {
      this.#chunked = 'size-end';
    }
    return offset + 1;
  }
}

/** Returns how many bytes the body has; Infinity if it lasts until the connection ends. */
function contentLength(head: ResponseHead): number {
  // RFC 9110 §15.3.5, §15.4.5: No Content and Not Modified have no body, whatever their headers say.
  if (head.status === 204 || head.status === 304) return 0;
  const lines = head.headers.all('Content-Length');
  return lines.length === 1 && /^\d+$/.test(lines[0]!) ? Number(lines[0]) : Number.POSITIVE_INFINITY;
}
