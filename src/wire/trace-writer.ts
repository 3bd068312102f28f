import { wrapped } from './fit.js';
import type { Paint } from './paint.js';
import { widthOf } from './width.js';

/**
 * Writes a trace in this layout, here in 80 columns:
 *
 *     3  Frames ───────────────────────────────── 2031-01-05 10:20:30.123 UTC
 *        0.001234 → what went over the wire       what it means
 *     └── seconds ─┘ └─ from the client; ← from the server
 *
 * Notes start at column 64. In fewer than 100 columns they move to the left. A note that does not fit next to its line
 * is written below it.
 */
const TIME_COLUMNS = 10;
const MARGIN: number = TIME_COLUMNS + ' → '.length;
const NOTE_COLUMN = 64;

/** No note is wider than this. */
export const MAX_NOTE_COLUMNS = 36;

/** A terminal with fewer columns wraps the lines. */
export const MIN_COLUMNS = 60;

export type Side = 'client' | 'server';

const ARROWS: Readonly<Record<Side, string>> = { client: '→', server: '←' };

export interface Row {
  /** The side whose bytes the row shows. */
  readonly from?: Side | undefined;
  /** Whether the row starts with the time. */
  readonly isTimed?: boolean;
  /** At most MAX_NOTE_COLUMNS. */
  readonly note?: string;
  readonly paint?: ((text: string) => string) | undefined;
  /** How many columns the second and later lines of the text are indented. */
  readonly indent?: number;
}

export interface TraceWriterOptions {
  /** Takes a line, without its line end. */
  readonly write: (line: string) => void;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  readonly paint: Paint;
  /** The width of the terminal, which may change. */
  readonly columns: () => number;
}

export class TraceWriter {
  readonly paint: Paint;
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #columnsNow: () => number;
  #start: number | undefined;

  constructor({ write, now, paint, columns }: TraceWriterOptions) {
    this.#write = write;
    this.#now = now;
    this.#columnsNow = columns;
    this.paint = paint;
  }

  /** How many columns a line of a row's text may take. */
  get textColumns(): number {
    return this.#columns - MARGIN;
  }

  /** Writes the heading of a section, with the time of day. All times of rows count from the first heading. */
  heading(title: string): void {
    const now = this.#now();
    if (this.#start !== undefined) this.#write('');
    this.#start ??= now;
    const date = new Date(now).toISOString().replace('T', ' ').replace('Z', ' UTC');
    const rule = '─'.repeat(this.#columns - title.length - date.length - 2);
    this.#write(this.paint.heading(`${title} ${rule} ${date}`));
  }

  /** Writes a row, broken at spaces into lines that fit. `text` must be printable. */
  row(text: string, { from, isTimed = false, note = '', paint, indent = 2 }: Row = {}): void {
    if (text === '' && from === undefined) {
      this.#write('');
      return;
    }
    const arrow = from === undefined ? ' ' : this.paint[from](ARROWS[from]);
    const lines = wrapped(text, this.textColumns, indent).map((line, i) => {
      const time = isTimed && i === 0 ? this.#seconds() : ' '.repeat(TIME_COLUMNS);
      const shown = i === 0 ? line : ' '.repeat(indent) + line;
      return `${this.paint.note(time)} ${arrow} ${paint?.(shown) ?? shown}`;
    });
    if (note !== '') this.#addNote(lines, widthOf(text), note);
    for (const line of lines) this.#write(line);
  }

  #addNote(lines: string[], textWidth: number, note: string): void {
    const column = Math.min(NOTE_COLUMN, this.#columns - MAX_NOTE_COLUMNS);
    const gap = column - MARGIN - textWidth;
    if (gap > 0) lines[0] += ' '.repeat(gap) + this.paint.note(note);
    else lines.push(' '.repeat(column) + this.paint.note(note));
  }

  get #columns(): number {
    return Math.max(MIN_COLUMNS, this.#columnsNow());
  }

  #seconds(): string {
    return ((this.#now() - this.#start!) / 1000).toFixed(6).padStart(TIME_COLUMNS);
  }
}
