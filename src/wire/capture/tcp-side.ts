import type { Segment } from './segment.js';

/** A part of what one side sent, in the order of its bytes. */
export type Piece =
  | { readonly type: 'bytes'; readonly start: number; readonly end: number }
  | { readonly type: 'gap'; readonly length: number }
  | { readonly type: 'fin' };

/** A piece, and when it was known with all bytes before it. */
export interface Placed {
  readonly piece: Piece;
  readonly time: number | undefined;
  /** The number of the packet in the connection. */
  readonly order: number;
}

/** A segment with payload. */
interface Kept {
  /** The distance to the first byte of the side. */
  readonly offset: number;
  /** Where the payload is in the file. */
  readonly start: number;
  readonly end: number;
  readonly time: number | undefined;
  readonly order: number;
}

interface Fin {
  readonly offset: number;
  readonly time: number | undefined;
  readonly order: number;
}

/** Acknowledgments beyond this are from another connection, or damaged. */
const MAX_UNSEEN = 2 ** 30;

/**
 * Puts the segments that one side sent in the order of their sequence numbers (RFC 9293 §3.4). Bytes that were sent
 * again are dropped; bytes that the capture lacks become gaps.
 */
export class TcpSide {
  readonly #kept: Kept[] = [];
  /** The sequence number that has the offset 0; undefined before the first byte or SYN. */
  #zero: number | undefined;
  /** The sequence number of the SYN. */
  #initial: number | undefined;
  /** The offset of the first byte, if the SYN was captured. */
  #begin: number | undefined;
  /** The greatest offset so far. */
  #reach = 0;
  #acknowledged = 0;
  #fin: Fin | undefined;
  /** Whether any segment came from this side. */
  isSeen = false;
  /** How many segments were not captured whole. */
  cutOff = 0;
  /** How many bytes were sent again. */
  repeated = 0;
  /** How many bytes the capture lacks. */
  missing = 0;

  /** Whether a SYN with this sequence number opens another connection. */
  isNew(sequence: number): boolean {
    if (this.#initial !== undefined) return this.#initial !== sequence;
    // Packets may be captured in another order than they were sent.
    return this.#zero !== undefined && Math.abs((sequence + 1 - this.#zero) | 0) > 1_000_000;
  }

  /** Takes a segment of this side. */
  take(segment: Segment, order: number): void {
    const { isSyn, isFin, sequence, start, end, length, time } = segment;
    this.isSeen = true;
    const first = isSyn ? (sequence + 1) >>> 0 : sequence;
    if (length === 0 && !isFin && !isSyn) return;
    this.#zero ??= first;
    const offset = this.#offsetOf(first);
    if (isSyn) {
      this.#initial ??= sequence;
      this.#begin ??= offset;
    }
    this.#reach = Math.max(this.#reach, offset + length);
    if (end - start < length) this.cutOff++;
    if (end > start) this.#kept.push({ offset, start, end, time, order });
    if (isFin) this.#fin ??= { offset: offset + length, time, order };
  }

  /** Takes the acknowledgment in a segment of the other side. */
  acknowledged(sequence: number): void {
    if (this.#zero === undefined) return;
    const offset = this.#offsetOf(sequence);
    if (offset - this.#reach < MAX_UNSEEN) this.#acknowledged = Math.max(this.#acknowledged, offset);
  }

  /** Sequence numbers wrap around. The nearest offset to the greatest one so far is meant. */
  #offsetOf(sequence: number): number {
    return this.#reach + ((sequence - this.#zero! - this.#reach) | 0);
  }

  /** Returns what the side sent. To be called once. */
  pieces(): Placed[] {
    const kept = this.#kept.sort((a, b) => a.offset - b.offset || a.order - b.order);
    const placed: Placed[] = [];
    let next = this.#begin ?? kept[0]?.offset ?? 0;
    let last: { time: number | undefined; order: number } = { time: undefined, order: 0 };
    const gap = (end: number) => {
      if (end <= next) return;
      placed.push({ piece: { type: 'gap', length: end - next }, ...last });
      this.missing += end - next;
      next = end;
    };
    for (const { offset, start, end, time, order } of kept) {
      const old = Math.max(0, next - offset);
      this.repeated += Math.min(old, end - start);
      if (old >= end - start) continue;
      // Bytes are delivered when those before them are there.
      if (order >= last.order) last = { time, order };
      gap(offset);
      placed.push({ piece: { type: 'bytes', start: start + old, end }, ...last });
      next = offset + end - start;
    }
    const fin = this.#fin;
    if (fin !== undefined && fin.order >= last.order) last = { time: fin.time, order: fin.order };
    gap(fin?.offset ?? this.#reach);
    // The acknowledgment of a FIN that was not captured is one more.
    if (fin === undefined && this.#acknowledged > next + 1) gap(this.#acknowledged);
    if (fin !== undefined) placed.push({ piece: { type: 'fin' }, ...last });
    return placed;
  }
}
