import type { Paint } from './paint.js';

/**
 * How a trace is laid out, in 100 columns:
 *
 *     3  Frames ───────────────────────────────────────────── 2031-01-05 10:20:30.123 UTC
 *        0.001234 → what went over the wire                    what it means
 *     └── seconds ─┘ └─ from the client; ← from the server     └─ from NOTE_COLUMN on
 */
const COLUMNS = 100;
const TIME_COLUMNS = 10;
const MARGIN: number = TIME_COLUMNS + ' → '.length;
const NOTE_COLUMN = 64;

/** How many columns a row's text may take. */
export const TEXT_COLUMNS: number = COLUMNS - MARGIN;

export type Side = 'client' | 'server';

const ARROWS: Readonly<Record<Side, string>> = { client: '→', server: '←' };

export interface Row {
  /** Whose bytes it shows. */
  readonly from?: Side | undefined;
  /** Whether the time stands in front of it. */
  readonly isTimed?: boolean;
  readonly note?: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export class TraceWriter {
  readonly paint: Paint;
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #start: number | undefined;

  /**
   * @param write takes a line, without its line end
   * @param now the time in milliseconds since 1970
   */
  constructor(write: (line: string) => void, now: () => number, paint: Paint) {
    this.#write = write;
    this.#now = now;
    this.paint = paint;
  }

  /** The title of an act, with the time of day. The first one is the zero of all times below. */
  heading(title: string): void {
    const now = this.#now();
    if (this.#start !== undefined) this.#write('');
    this.#start ??= now;
    const date = new Date(now).toISOString().replace('T', ' ').replace('Z', ' UTC');
    const rule = '─'.repeat(COLUMNS - title.length - date.length - 2);
    this.#write(this.paint.heading(`${title} ${rule} ${date}`));
  }

  row(text: string, { from, isTimed = false, note = '', paint }: Row = {}): void {
    const time = isTimed ? this.#seconds() : ' '.repeat(TIME_COLUMNS);
    const arrow = from === undefined ? ' ' : this.paint[from](ARROWS[from]);
    const start = `${this.paint.note(time)} ${arrow} ${paint?.(text) ?? text}`;
    if (note === '') {
      this.#write(text === '' && from === undefined ? '' : start);
      return;
    }
    const gap = NOTE_COLUMN - MARGIN - text.length;
    if (gap > 0) {
      this.#write(`${start}${' '.repeat(gap)}${this.paint.note(note)}`);
    } else {
      this.#write(start);
      this.#write(`${' '.repeat(NOTE_COLUMN)}${this.paint.note(note)}`);
    }
  }

  #seconds(): string {
    return ((this.#now() - this.#start!) / 1000).toFixed(6).padStart(TIME_COLUMNS);
  }
}
