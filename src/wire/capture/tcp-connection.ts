import type { Conversation, Side, WireEvent } from '../conversation.js';
import { openingOf } from '../opening.js';
import { counted } from './capture.js';
import { isPlausibleFrame } from './plausible.js';
import type { Segment } from './segment.js';
import { type Placed, TcpSide } from './tcp-side.js';

/** An end of a connection: `a` sent the first segment that was captured. */
type End = 'a' | 'b';

interface Reset {
  readonly end: End;
  readonly time: number | undefined;
  readonly order: number;
}

/** How many pieces decide which end is the client. */
const ENOUGH_TO_TELL = 32;

/** A TCP connection in a capture: its segments in, its bytes in order out. */
export class TcpConnection {
  readonly #file: Uint8Array;
  readonly #first: Segment;
  readonly #sides: Readonly<Record<End, TcpSide>> = { a: new TcpSide(), b: new TcpSide() };
  /** The end that sent a SYN without an acknowledgment. */
  #opener: End | undefined;
  #reset: Reset | undefined;
  #count = 0;

  constructor(file: Uint8Array, first: Segment) {
    this.#file = file;
    this.#first = first;
  }

  /** Whether a segment opens another connection between the same ports. */
  isFollowedBy({ isSyn, acknowledgment, source, sequence }: Segment): boolean {
    return isSyn && acknowledgment === undefined && this.#sides[this.#endOf(source)].isNew(sequence);
  }

  take(segment: Segment): void {
    const end = this.#endOf(segment.source);
    const other = otherThan(end);
    const order = this.#count++;
    const { isSyn, isReset, acknowledgment, time } = segment;
    if (isSyn) this.#opener ??= acknowledgment === undefined ? end : other;
    if (isReset) {
      // Its payload is a text for people, if any, and its numbers are not those of the connection.
      this.#reset ??= { end, time, order };
      this.#sides[end].isSeen = true;
      return;
    }
    this.#sides[end].take(segment, order);
    if (acknowledgment !== undefined) this.#sides[other].acknowledged(acknowledgment);
  }

  #endOf(source: string): End {
    return source === this.#first.source ? 'a' : 'b';
  }

  /** Returns what happened on it; undefined if it carried no bytes. To be called once. */
  conversation(id: number): Conversation | undefined {
    const pieces = { a: this.#sides.a.pieces(), b: this.#sides.b.pieces() };
    if (!(['a', 'b'] as const).some(end => pieces[end].some(({ piece }) => piece.type === 'bytes'))) return undefined;
    const clientEnd = this.#clientEnd(pieces);
    const sideOf = (end: End): Side => (end === clientEnd ? 'client' : 'server');
    const { source, destination } = this.#first;
    const [client, server] = clientEnd === 'a' ? [source, destination] : [destination, source];
    return { id, client, server, events: this.#events(pieces, sideOf), notes: this.#notes(sideOf) };
  }

  /** Merges both sides. */
  #events(pieces: Readonly<Record<End, readonly Placed[]>>, sideOf: (end: End) => Side): WireEvent[] {
    const events: WireEvent[] = [];
    const { a, b } = pieces;
    const reset = this.#reset;
    const hasEnded = { a: false, b: false };
    const addReset = () => {
      if (reset !== undefined && !hasEnded[reset.end]) {
        events.push({ type: 'end', from: sideOf(reset.end), time: reset.time, how: 'reset' });
        hasEnded[reset.end] = true;
      }
    };
    for (let i = 0, j = 0; i < a.length || j < b.length; ) {
      const end = j === b.length || (i < a.length && a[i]!.order <= b[j]!.order) ? 'a' : 'b';
      const { piece, time, order } = end === 'a' ? a[i++]! : b[j++]!;
      if (reset !== undefined && order > reset.order) addReset();
      if (hasEnded[end]) continue;
      const from = sideOf(end);
      if (piece.type === 'gap') events.push({ type: 'gap', from, time, length: piece.length });
      else if (piece.type === 'fin') {
        events.push({ type: 'end', from, time, how: 'fin' });
        hasEnded[end] = true;
      } else events.push({ type: 'bytes', from, time, bytes: this.#file.subarray(piece.start, piece.end) });
    }
    addReset();
    return events;
  }

  /** The client opened the connection, or sends a request, or masks its frames, or has the higher port. */
  #clientEnd(pieces: Readonly<Record<End, readonly Placed[]>>): End {
    if (this.#opener !== undefined) return this.#opener;
    let masked = 0;
    for (const end of ['a', 'b'] as const) {
      const sign = end === 'a' ? 1 : -1;
      for (const [i, { piece }] of pieces[end].slice(0, ENOUGH_TO_TELL).entries()) {
        if (piece.type !== 'bytes') continue;
        const bytes = this.#file.subarray(piece.start, piece.end);
        if (i === 0 && openingOf(bytes, 'server') === 'head') return otherThan(end);
        if (i === 0 && openingOf(bytes, 'client') === 'head') return end;
        if (isPlausibleFrame(bytes)) masked += (bytes[1]! & 0x80) === 0 ? -sign : sign;
      }
    }
    if (masked !== 0) return masked > 0 ? 'a' : 'b';
    return this.#first.sourcePort >= this.#first.destinationPort ? 'a' : 'b';
  }

  #notes(sideOf: (end: End) => Side): string[] {
    const notes: string[] = [];
    if (this.#opener === undefined) {
      notes.push('the capture begins after this connection was opened; which end is the client follows from its bytes');
    }
    for (const end of ['a', 'b'] as const) {
      const { isSeen, repeated, missing, cutOff } = this.#sides[end];
      const name = sideOf(end);
      if (!isSeen) notes.push(`the capture has no packets of the ${name}`);
      if (repeated > 0) notes.push(`the ${name} sent ${counted(repeated, 'byte')} again; they are shown once`);
      if (cutOff > 0) {
        notes.push(`not captured whole: ${counted(cutOff, 'packet')} of the ${name}. Capture again with -s 0`);
      }
      if (missing > 0) notes.push(`the capture lacks ${counted(missing, 'byte')} that the ${name} sent`);
    }
    return notes;
  }
}

function otherThan(end: End): End {
  return end === 'a' ? 'b' : 'a';
}
