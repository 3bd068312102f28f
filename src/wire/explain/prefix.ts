import type { Found } from '../items.js';
import type { Paint } from '../paint.js';
import type { Lead } from './page.js';

const TIME_COLUMNS = 11;
const ARROW_COLUMNS = 2;

/** Begins rows with the time, and an arrow that says who sent something: `   0.001234 → `. */
export class Prefix {
  readonly #paint: Paint;
  readonly #start: number | undefined;
  readonly #timeColumns: number;
  /** In columns. */
  readonly width: number;

  /** @param start the time from which seconds are counted; undefined if no times are known */
  constructor(paint: Paint, start: number | undefined) {
    this.#paint = paint;
    this.#start = start;
    this.#timeColumns = start === undefined ? 0 : TIME_COLUMNS + 1;
    this.width = this.#timeColumns + ARROW_COLUMNS;
  }

  /** Returns the time of an item, and its arrow. */
  of(item: Found): Lead {
    return this.#lead(
      this.secondsOf(item.time)
        .padStart(this.#timeColumns - 1)
        .padEnd(this.#timeColumns),
      item,
    );
  }

  /** Returns the arrow alone, for more rows of the same item. */
  after(item: Found): Lead {
    return this.#lead(' '.repeat(this.#timeColumns), item);
  }

  /** Returns the seconds since the start, or '' if they are not known. */
  secondsOf(time: number | undefined): string {
    return time === undefined || this.#start === undefined ? '' : ((time - this.#start) / 1000).toFixed(6);
  }

  #lead(time: string, { from }: Found): Lead {
    const arrow = from === 'client' ? '→' : '←';
    return { text: `${this.#paint.note(time)}${this.#paint[from](arrow)} `, width: this.width };
  }
}
