/** How many bytes of a line are kept. */
const KEPT_LINE = 4_096;

const CR = 0x0d;
const LF = 0x0a;

/** One line of an HTTP head, without its line end. */
export interface HeadLine {
  /** Its first bytes, at most KEPT_LINE. */
  readonly bytes: Uint8Array;
  /** The number of its bytes. */
  readonly length: number;
  /** Whether CR LF ends it, as it must, or LF alone. */
  readonly endsInCrLf: boolean;
}

/**
 * Splits the head of an HTTP message into lines, up to the empty line that ends it. The bytes may be cut anywhere. It
 * checks nothing: a bare LF ends a line too.
 */
export class HeadLines {
  readonly #kept = new Uint8Array(KEPT_LINE);
  #length = 0;
  #lastByte = 0;

  /**
   * Takes `chunk[start, …)` up to the next line end. Returns the line and the index after it, or undefined if there is
   * none.
   */
  take(chunk: Uint8Array, start: number): { readonly line: HeadLine; readonly next: number } | undefined {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LF) return { line: this.#line(this.#lastByte === CR), next: at + 1 };
      if (this.#length < KEPT_LINE) this.#kept[this.#length] = byte;
      this.#length++;
      this.#lastByte = byte;
    }
    return undefined;
  }

  /** Returns the unfinished line, if there is one. */
  takeUnfinished(): HeadLine | undefined {
    return this.#length === 0 ? undefined : this.#line(false);
  }

  #line(endsInCrLf: boolean): HeadLine {
    const length = this.#length - (endsInCrLf ? 1 : 0);
    this.#length = 0;
    this.#lastByte = 0;
    return { bytes: this.#kept.slice(0, length), length, endsInCrLf };
  }
}
