/** One header line: the name in its original spelling, and the value without surrounding white space. */
export type HeaderLine = readonly [name: string, value: string];

const NONE: readonly string[] = Object.freeze([]);

/**
 * Header lines in order, with lookup by name in any case.
 *
 * A lookup compares the names one by one. For the few lines of a head that is faster than an index, and cheaper than
 * building one. `__proto__` and `constructor` are header names like any other (ws 3.3.1, CVE-2026-21710).
 */
export class HeaderFields implements Iterable<HeaderLine> {
  readonly lines: readonly HeaderLine[];
  /** The name of each line, in lower case. */
  readonly #names: string[];

  constructor(lines: Iterable<HeaderLine> = []) {
    this.lines = Array.from(lines);
    this.#names = this.lines.map(line => line[0].toLowerCase());
  }

  /** Whether there is a line with this name, in any case. */
  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  /**
   * Returns the values of all lines with this name, joined by a comma (RFC 9110 §5.3), or undefined if there is none.
   */
  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length > 0 ? values.join(', ') : undefined;
  }

  /** Returns the value of each line with this name, in order. */
  all(name: string): readonly string[] {
    const key = name.toLowerCase();
    let i = this.#names.indexOf(key);
    if (i === -1) return NONE;
    // An array with its element takes a fifth of the memory of an empty one that grows.
    const values = [this.lines[i]![1]];
    for (;;) {
      i = this.#names.indexOf(key, i + 1);
      if (i === -1) return values;
      values.push(this.lines[i]![1]);
    }
  }

  /** Iterates over the lines. */
  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.lines[Symbol.iterator]();
  }
}
