import type { FrameView } from './views.js';

/** Which frames the list shows. No DOM. */
export interface Filter {
  readonly from: 'both' | 'client' | 'server';
  readonly kind: 'all' | 'data' | 'text' | 'binary' | 'control' | 'ping' | 'close' | 'wrong';
  /** Frames whose payload or note contains this text, in any case. */
  readonly text: string;
}

export const NO_FILTER: Filter = { from: 'both', kind: 'all', text: '' };

const KINDS: Readonly<Record<Filter['kind'], (frame: FrameView) => boolean>> = {
  all: () => true,
  data: ({ opcode }) => opcode < 8,
  text: ({ opcode, isText }) => opcode === 1 || (opcode === 0 && isText),
  binary: ({ opcode, isText }) => opcode === 2 || (opcode === 0 && !isText),
  control: ({ opcode }) => opcode >= 8,
  ping: ({ opcode }) => opcode === 9 || opcode === 10,
  close: ({ opcode }) => opcode === 8,
  wrong: ({ error }) => error !== undefined,
};

const decoder = new TextDecoder();

export function isEmpty({ from, kind, text }: Filter): boolean {
  return from === 'both' && kind === 'all' && text === '';
}

/** Returns whether a frame passes. `inflated` returns the payload of its message without compression, if known. */
export function passes(
  frame: FrameView,
  filter: Filter,
  inflated?: (frame: FrameView) => Uint8Array | undefined,
): boolean {
  if (filter.from !== 'both' && frame.from !== filter.from) return false;
  if (!KINDS[filter.kind](frame)) return false;
  if (filter.text === '') return true;
  const wanted = filter.text.toLowerCase();
  if (frame.note.toLowerCase().includes(wanted) || frame.error?.text.toLowerCase().includes(wanted)) return true;
  const bytes = (frame.isCompressed ? inflated?.(frame) : undefined) ?? frame.payload;
  return decoder.decode(bytes).toLowerCase().includes(wanted);
}

/** The frames that pass a filter, of a list that grows at its end and may lose frames at its start. */
export class FilteredFrames {
  readonly #source: { readonly length: number; at(index: number): FrameView | undefined };
  readonly #passes: (frame: FrameView) => boolean;
  readonly #indices: number[] = [];
  #seen = 0;

  constructor(
    source: { readonly length: number; at(index: number): FrameView | undefined },
    passes: (frame: FrameView) => boolean,
  ) {
    this.#source = source;
    this.#passes = passes;
    this.update();
  }

  get length(): number {
    return this.#indices.length;
  }

  at(index: number): FrameView | undefined {
    const position = this.#indices[index];
    return position === undefined ? undefined : this.#source.at(position);
  }

  /** Takes the frames that were added. */
  update(): void {
    for (; this.#seen < this.#source.length; this.#seen++) {
      if (this.#passes(this.#source.at(this.#seen)!)) this.#indices.push(this.#seen);
    }
  }
}
