import { wrapped } from '../fit.js';
import type { Paint } from '../paint.js';
import { widthOf } from '../width.js';

/** Notes begin in this column, further left in a narrow terminal, and in the middle of a wide one. */
const NOTE_COLUMN = 64;

/** A diagram fits into this width. A narrower terminal wraps lines. */
const MIN_COLUMNS = 72;

/** The least columns of a note. */
const LEAST_NOTE = 40;

/** Where an explanation is written. */
export interface PageOptions {
  /** Takes one line, without a line end. */
  readonly write: (line: string) => void;
  readonly paint: Paint;
  /** The width of the terminal in columns. */
  readonly columns: number;
}

type Painter = (text: string) => string;

/** What stands before a row. */
export interface Lead {
  /** It may contain color codes. */
  readonly text: string;
  /** Its width in columns. */
  readonly width: number;
}

export const NO_LEAD: Lead = { text: '', width: 0 };

/** Returns a lead of spaces. */
export function spaces(width: number): Lead {
  return { text: ' '.repeat(width), width };
}

export interface RowOptions {
  readonly paint?: Painter;
  readonly note?: string;
  readonly notePaint?: Painter;
}

/** Writes lines that fit the terminal. */
export class Page {
  readonly paint: Paint;
  readonly columns: number;
  readonly #write: (line: string) => void;
  /** Whether the last line was empty. */
  #isBlank = true;
  #written = 0;

  constructor({ write, paint, columns }: PageOptions) {
    this.#write = write;
    this.paint = paint;
    this.columns = Math.max(MIN_COLUMNS, columns);
  }

  /** How many lines were written. */
  get written(): number {
    return this.#written;
  }

  /** Writes a line. There are never two empty ones, and none is the first. */
  line(text = ''): void {
    const isBlank = text === '';
    if (isBlank && this.#isBlank) return;
    this.#isBlank = isBlank;
    this.#written++;
    this.#write(text.trimEnd());
  }

  /** Writes a heading with a rule, after an empty line. */
  heading(title: string): void {
    this.line();
    this.line(this.paint.heading(`${title} ${'─'.repeat(Math.max(0, this.columns - widthOf(title) - 1))}`));
  }

  /** Writes a printable text after a lead, broken at spaces. */
  text(lead: Lead, text: string, paint: Painter = same): void {
    this.rows(lead, wrapped(text, this.columns - lead.width, 0), { paint });
  }

  /** Writes printable rows, the first after a lead, with a note beside the last or below it. */
  rows(
    lead: Lead,
    rows: readonly string[],
    { paint = same, note = '', notePaint = this.paint.note }: RowOptions,
  ): void {
    const column = Math.min(Math.max(NOTE_COLUMN, this.columns >> 1), this.columns - LEAST_NOTE);
    const [first, ...more] = note === '' ? [] : wrapped(note, this.columns - column, 0);
    const lines = rows.map((row, i) => (i === 0 ? lead.text : ' '.repeat(lead.width)) + paint(row));
    const gap = column - lead.width - widthOf(rows.at(-1) ?? '');
    if (first !== undefined) {
      if (gap > 0) lines.push(`${lines.pop()}${' '.repeat(gap)}${notePaint(first)}`);
      else lines.push(' '.repeat(column) + notePaint(first));
    }
    for (const line of lines) this.line(line);
    for (const line of more) this.line(' '.repeat(column) + notePaint(line));
  }
}

function same(text: string): string {
  return text;
}
