import type { Conversation } from '../conversation.js';

/**
 * What a capture was read as. `dump` is hex text, `bytes` has no container, `lines` is what recordLine() writes, and
 * `log` what NODE_DEBUG=ws101 prints.
 */
export type CaptureFormat = 'dump' | 'bytes' | 'pcap' | 'pcapng' | 'har' | 'lines' | 'log';

/** The connections of a capture. */
export interface Capture {
  readonly format: CaptureFormat;
  /** Those that carry a WebSocket, in the order in which they were opened; all, if none does. */
  readonly conversations: readonly Conversation[];
  /** What the reader left out, could not read or had to assume, for people. */
  readonly notes: readonly string[];
}

/** The content of a capture cannot be read. The message says what was expected and what came. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  /** The position of the first byte that cannot be read, or undefined if it is all of them. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }
}

/** Returns `1 byte` or `2 bytes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Collects notes. The same one counts once, and only the first ones are kept. */
export class Notes {
  readonly #notes = new Set<string>();
  #omitted = 0;

  add(note: string): void {
    if (this.#notes.size < MAX_NOTES || this.#notes.has(note)) this.#notes.add(note);
    else this.#omitted++;
  }

  all(): string[] {
    return this.#omitted === 0 ? [...this.#notes] : [...this.#notes, `and ${counted(this.#omitted, 'more note')}`];
  }
}

const MAX_NOTES = 50;
