import type { Duplex } from 'node:stream';
import { clearTimeout, now, setTimeout } from '../../timers.js';

/** How many bytes wait in a pipe before its source is paused. With a delay, those under way count too. */
const MAX_WAITING = 65_536;
const MAX_WAITING_WITH_DELAY = 4_194_304;

/** With a rate, each write has the bytes of so many milliseconds. */
const WRITE_TIME = 20;

/** How fast a pipe is. */
export interface Pace {
  /** In milliseconds. */
  readonly delay: number;
  readonly bytesPerSecond: number | undefined;
}

/** The part of a relay that its pipes use. */
export interface PipeOwner {
  /** Returns the part of `bytes` that may still pass before the connection is cut. */
  admit(bytes: Uint8Array, areFrames: boolean): Uint8Array;
  /** Bytes were written to the destination. While the promise is pending, nothing more is. */
  passed(bytes: Uint8Array): Promise<void> | undefined;
  /** Everything was written, and the end too. */
  ended(how: 'fin' | 'reset'): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly areFrames: boolean;
  /** When it may be written, on the clock of now(). */
  readonly due: number;
}

/** Carries the bytes of one direction to their destination, in order, at a pace, and with backpressure. */
export class Pipe {
  readonly #source: Duplex;
  readonly #destination: Duplex;
  readonly #pace: Pace;
  readonly #owner: PipeOwner;
  readonly #maxWaiting: number;
  readonly #writeSize: number;
  readonly #queue: Waiting[] = [];
  #waiting = 0;
  /** Until when the bytes written so far occupy the line. */
  #busyUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the destination is full. */
  #isFull = false;
  /** Whether the owner is not done with the last bytes. */
  #isHeld = false;
  #end: { readonly how: 'fin' | 'reset'; readonly due: number } | undefined;
  #isOver = false;

  constructor(source: Duplex, destination: Duplex, pace: Pace, owner: PipeOwner) {
    this.#source = source;
    this.#destination = destination;
    this.#pace = pace;
    this.#owner = owner;
    this.#maxWaiting = pace.delay > 0 ? MAX_WAITING_WITH_DELAY : MAX_WAITING;
    this.#writeSize =
      pace.bytesPerSecond === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(1, Math.floor((pace.bytesPerSecond * WRITE_TIME) / 1000));
    destination.on('drain', () => {
      this.#isFull = false;
      this.#pump();
    });
  }

  /** Whether the end was passed on, or stop() was called. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes bytes of the source. */
  push(bytes: Uint8Array, areFrames: boolean): void {
    if (this.#isOver || bytes.length === 0) return;
    this.#queue.push({ bytes, areFrames, due: now() + this.#pace.delay });
    this.#waiting += bytes.length;
    this.#pump();
    if (this.#waiting >= this.#maxWaiting && !this.#isOver) this.#source.pause();
  }

  /** Takes the end of the source. It arrives after the bytes before it. */
  end(how: 'fin' | 'reset'): void {
    if (this.#end !== undefined) return;
    this.#end = { how, due: now() + this.#pace.delay };
    // A destination that reads nothing must not keep a connection that is gone.
    if (how === 'reset' && this.#isFull) this.#finish();
    else this.#pump();
  }

  /** Discards what waits. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#waiting = 0;
  }

  #pump(): void {
    while (!this.#isOver && !this.#isFull && !this.#isHeld && this.#timer === undefined) {
      const next = this.#queue[0] ?? this.#end;
      if (next === undefined) return;
      const at = Math.max(next.due, this.#busyUntil);
      const wait = at - now();
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#pump();
        }, Math.ceil(wait));
        return;
      }
      if ('how' in next) this.#finish();
      else this.#write(next, at);
    }
  }

  #write({ bytes, areFrames, due }: Waiting, at: number): void {
    const piece = bytes.subarray(0, this.#writeSize);
    if (piece.length === bytes.length) this.#queue.shift();
    else this.#queue[0] = { bytes: bytes.subarray(piece.length), areFrames, due };
    this.#waiting -= piece.length;
    const { bytesPerSecond } = this.#pace;
    if (bytesPerSecond !== undefined) this.#busyUntil = at + (piece.length * 1000) / bytesPerSecond;
    const admitted = this.#owner.admit(piece, areFrames);
    if (admitted.length > 0) {
      if (!this.#destination.write(admitted)) this.#isFull = true;
      this.#hold(this.#owner.passed(admitted));
    }
    if (this.#waiting < this.#maxWaiting && !this.#isOver) this.#source.resume();
  }

  #hold(busy: Promise<void> | undefined): void {
    if (busy === undefined) return;
    this.#isHeld = true;
    const release = () => {
      this.#isHeld = false;
      this.#pump();
    };
    busy.then(release, release);
  }

  #finish(): void {
    const { how } = this.#end!;
    this.stop();
    this.#owner.ended(how);
  }
}
