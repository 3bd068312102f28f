import type { Duplex } from 'node:stream';
import type { Protocol } from '../protocol/protocol.js';

/** Why reading is stopped. Each reason is one bit of a set. */
export const STOPPED_BY = {
  /** The application called pause(). */
  PAUSE: 1,
  /** As many unread messages are kept as may be. */
  INBOX: 2,
  /** The connection has used up its share of this turn of the event loop. */
  SHARE: 4,
  /** A message is being inflated. Pings and Pongs are still read. */
  INFLATING: 8,
} as const;

/** The reasons that are up to the application. */
const APPLICATION: number = STOPPED_BY.PAUSE | STOPPED_BY.INBOX;

/**
 * How many bytes may wait for a message that is being inflated before the socket is paused. As much as one read
 * returns.
 */
const MAX_WAITING_BYTES = 65_536;

/**
 * Stops reading while there is a reason to, and reads on when there is none.
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

  add(reason: number): void {
    const before = this.#counted;
    this.#reasons |= reason;
    if (this.#counted === before) return;
    this.#protocol.stopBefore(this.#isOpenForControl ? 'message' : 'frame');
    if (!this.#isOpenForControl) this.#duplex.pause();
  }

  /** Returns whether reading went on: the last reason is gone. */
  remove(reason: number): boolean {
    const before = this.#counted;
    this.#reasons &= ~reason;
    return this.#update(before);
  }

  /**
   * Reads on even if the application has stopped reading, because the connection is closing: the peer's Close frame may
   * come after unread messages. Returns whether reading went on.
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

  /** To be called after each chunk: pauses the socket if too much waits for a message that is being inflated. */
  received(): void {
    if (this.#isOverfull) this.#duplex.pause();
  }

  get #isOverfull(): boolean {
    if (this.#counted === 0) return false;
    return this.#protocol.unreadBytes + (this.inflation?.waiting ?? 0) > MAX_WAITING_BYTES;
  }
}
