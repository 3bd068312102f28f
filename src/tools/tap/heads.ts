import { HeadLines } from '../../wire/index.js';

/** The largest head of a request. */
export const MAX_HEAD = 65_536;

/** Finds the end of the head of a request. */
export class RequestHead {
  readonly #lines = new HeadLines();
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #hasLine = false;

  /** Whether the head is larger than MAX_HEAD. */
  get isTooLarge(): boolean {
    return this.#size > MAX_HEAD;
  }

  /** The first byte. */
  get firstByte(): number | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Takes bytes. Returns the head, with the empty line that ends it, and what follows, when it is complete. */
  take(chunk: Buffer): { readonly head: Buffer; readonly rest: Buffer } | undefined {
    this.#chunks.push(chunk);
    for (let at = 0; ; ) {
      const taken = this.#lines.take(chunk, at);
      if (taken === undefined) break;
      at = taken.next;
      // RFC 9112 §2.2: "a server … SHOULD ignore at least one empty line … prior to the request-line".
      if (taken.line.length === 0 && this.#hasLine) {
        const bytes = Buffer.concat(this.#chunks);
        this.#size += at;
        return { head: bytes.subarray(0, this.#size), rest: bytes.subarray(this.#size) };
      }
      this.#hasLine ||= taken.line.length > 0;
    }
    this.#size += chunk.length;
    return undefined;
  }
}

/** Finds where the frames of a server begin: after the head of a 101. */
export class ResponseHeads {
  readonly #lines = new HeadLines();
  #status: number | undefined;
  #isFrames = false;
  #isOver = false;

  /** Takes bytes. Returns the index of the first that belongs to a frame, or the length. */
  take(chunk: Uint8Array): number {
    let at = 0;
    while (!this.#isFrames && !this.#isOver) {
      const taken = this.#lines.take(chunk, at);
      if (taken === undefined) break;
      at = taken.next;
      this.#line(taken.line.bytes);
    }
    return this.#isFrames ? at : chunk.length;
  }

  #line(bytes: Uint8Array): void {
    if (this.#status === undefined) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      this.#status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(text)?.[1] ?? Number.NaN);
    } else if (bytes.length === 0) {
      this.#isFrames = this.#status === 101;
      // Another 1xx, such as 100, is followed by a second head (RFC 9110 §15.2).
      this.#isOver = !(this.#status >= 100 && this.#status < 200);
      this.#status = undefined;
    }
  }
}
