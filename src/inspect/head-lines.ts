/** How much of one line is kept to be shown. */
const KEPT_LINE = 4_096;

const CR = 0x0d;
const LF = 0x0a;

/** One line of an HTTP head, without its line end. */
export interface HeadLine {
  /** Its bytes, or the first of them. */
  readonly bytes: Uint8Array;
  /** How many it has in all. */
  readonly length: number;
}

/**
 * Cuts the head of an HTTP message into its lines, in whatever pieces the bytes come, up to the empty line that ends it. It judges
 * nothing: a line is a line even if it ends in a bare LF.
 */
export class HeadLines {
  readonly #kept = new Uint8Array(KEPT_LINE);
  #length = 0;
  #lastByte = 0;

  /** Takes `chunk[start, …)` up to the next line end. Gives the line and the index behind it, or undefined where the chunk has none. */
  take(chunk: Uint8Array, start: number): { readonly line: HeadLine; readonly next: number } | undefined {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LF) return { line: this.#line(this.#lastByte === CR ? 1 : 0), next: at + 1 };
      if (this.#length < KEPT_LINE) this.#kept[this.#length] = byte;
      this.#length++;
      this.#lastByte = byte;
    }
    return undefined;
  }

  /** The line that has no end, where there is one. */
  takeUnfinished(): HeadLine | undefined {
    return this.#length === 0 ? undefined : this.#line(0);
  }

  #line(lineEnd: number): HeadLine {
    const length = this.#length - lineEnd;
    this.#length = 0;
    this.#lastByte = 0;
    return { bytes: this.#kept.slice(0, length), length };
  }
}
