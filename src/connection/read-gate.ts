import type { Duplex } from 'node:stream';
import type { Protocol } from '../protocol/protocol.js';

/** Why reading is stopped. Each reason is one bit of a set. */
export const STOPPED_BY = {
  /** The application called pause(). */
  PAUSE: 1,
  /** The limit of unread messages is reached. */
  INBOX: 2,
  /** The connection has used up its share of this turn of the event loop. */
  SHARE: 4,
  /** A message is being inflated. Pings and Pongs are still read. */
  INFLATING: 8,
} as const;

/** The reasons that the application can remove. */
const APPLICATION: number = STOPPED_BY.PAUSE | STOPPED_BY.INBOX;

/**
 * If more bytes than this wait for a message that is being inflated, the socket is paused. One read returns up to as
 * many.
 */
const MAX_WAITING_BYTES = 65_536;

/**
 * Stops reading while there is a reason to stop, and continues when there is none.
 *
 *     add(reason) ──▶ the protocol stops before the next frame, the socket pauses
 *     remove(reason), the last one ──▶ the protocol reads what it kept, the socket resumes
 *
 * Nothing else pauses or resumes the socket of a connection, or stops its protocol.
 */
export class ReadGate {
  readonly #duplex: Duplex;
  readonly #protocol: Protocol;
  /** The message that is being inflated in parts, and how many of its bytes wait. */
  inflation: { readonly waiting: number } | undefined;
  #reasons = 0;
  /** Reasons that no longer count. */
  #ignored = 0;

  constructor(duplex: Duplex, protocol: Protocol) {
    this.#duplex = duplex;
    this.#protocol = protocol;
  }

  /** Whether `reason` was added and not removed. */
  has(reason: number): boolean {
    return (this.#reasons & reason) !== 0;
  }

  /** Whether the application has stopped reading. */
  get isStoppedByApplication(): boolean {
    return (this.#counted & APPLICATION) !== 0;
  }

  /** Adds a reason to stop reading. */
  add(reason: number): void {
    const before = this.#counted;
    this.#reasons |= reason;
    if (this.#counted === before) return;
    this.#protocol.stopBefore(this.#isOpenForControl ? 'message' : 'frame');
    if (!this.#isOpenForControl) this.#duplex.pause();
  }

  /** Removes a reason to stop reading. Returns whether reading continues. */
  remove(reason: number): boolean {
    const before = this.#counted;
    this.#reasons &= ~reason;
    return this.#update(before);
  }

  /**
   * Continues to read even if the application has stopped reading, because the connection is closing: the peer's Close
   * frame may come after unread messages. Returns whether reading continues.
   */
  ignoreApplication(): boolean {
    const before = this.#counted;
    this.#ignored = APPLICATION;
    return this.#update(before);
  }

  #update(before: number): boolean {
    if (this.#counted === before || !this.#isOpenForControl) return false;
    this.#protocol.stopBefore(this.#counted === 0 ? 'nothing' : 'message');
    // A handler may have added a reason.
    if (this.#isOpenForControl && !this.#isOverfull) this.#duplex.resume();
    return true;
  }

  /** The reasons that count. */
  get #counted(): number {
    return this.#reasons & ~this.#ignored;
  }

  get #isOpenForControl(): boolean {
    return (this.#counted & ~STOPPED_BY.INFLATING) === 0;
  }

  /** Pauses the socket if too many bytes wait for a message that is being inflated. Must be called after each chunk. */
  received(): void {
    if (this.#isOverfull) this.#duplex.pause();
  }

  get #isOverfull(): boolean {
    if (this.#counted === 0) return false;
    return this.#protocol.unreadBytes + (this.inflation?.waiting ?? 0) > MAX_WAITING_BYTES;
  }
}
