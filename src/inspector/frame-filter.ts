import type { FrameItem } from '../wire/items.js';
import { errorOf, isText, noteOf } from './frame-notes.js';

/** A list of frames. */
export interface Frames {
  readonly length: number;
  at(index: number): FrameItem | undefined;
  /** The payload of a frame without compression, if it is known. */
  inflated?(frame: FrameItem): Uint8Array | undefined;
}

/** Which frames the list shows. No DOM. */
export interface Filter {
  readonly from: 'both' | 'client' | 'server';
  readonly kind: 'all' | 'data' | 'text' | 'binary' | 'control' | 'ping' | 'close' | 'wrong';
  /** Frames whose payload or note contains this text, in any case. */
  readonly text: string;
}

export const NO_FILTER: Filter = { from: 'both', kind: 'all', text: '' };

const KINDS: Readonly<Record<Filter['kind'], (frame: FrameItem) => boolean>> = {
  all: () => true,
  data: ({ opcode }) => opcode < 8,
  text: frame => isText(frame),
  binary: frame => frame.opcode < 8 && !isText(frame),
  control: ({ opcode }) => opcode >= 8,
  ping: ({ opcode }) => opcode === 9 || opcode === 10,
  close: ({ opcode }) => opcode === 8,
  wrong: ({ error }) => error !== undefined,
};

const decoder = new TextDecoder();

export function isEmpty({ from, kind, text }: Filter): boolean {
  return from === 'both' && kind === 'all' && text === '';
}

/** Returns whether a frame passes. `inflated` is its payload without compression, if known. */
export function passes(frame: FrameItem, filter: Filter, inflated?: Uint8Array | undefined): boolean {
  if (filter.from !== 'both' && frame.from !== filter.from) return false;
  if (!KINDS[filter.kind](frame)) return false;
  if (filter.text === '') return true;
  const wanted = filter.text.toLowerCase();
  return [decoder.decode(inflated ?? frame.payload), noteOf(frame), errorOf(frame)].some(text =>
    text.toLowerCase().includes(wanted),
  );
}

/** The positions of the frames that pass a filter, of a list that grows at its end. */
export class FilteredFrames {
  readonly #source: Frames;
  readonly #passes: (frame: FrameItem) => boolean;
  readonly #positions: number[] = [];
  #seen = 0;

  constructor(source: Frames, passes: (frame: FrameItem) => boolean) {
    this.#source = source;
    this.#passes = passes;
    this.update();
  }

  get length(): number {
    return this.#positions.length;
  }

  at(index: number): FrameItem | undefined {
    const position = this.#positions[index];
    return position === undefined ? undefined : this.#source.at(position);
  }

  inflated(frame: FrameItem): Uint8Array | undefined {
    return this.#source.inflated?.(frame);
  }

  /** Takes the frames that were added. */
  update(): void {
    for (; this.#seen < this.#source.length; this.#seen++) {
      if (this.#passes(this.#source.at(this.#seen)!)) this.#positions.push(this.#seen);
    }
  }
}
