import type { Link } from './link.js';
import { type QueueLimits, type UnsentMessage, UnsentQueue } from './unsent-queue.js';

/** What Outgoing tells its client. */
export interface OutgoingOwner {
  /** A message was dropped from the queue. */
  dropped(message: UnsentMessage): void;
  /** Nothing waits any more, after send() returned false. */
  drained(): void;
}

/** The messages of a reconnecting client on their way: to the open connection, or into the queue for the next one. */
export class Outgoing {
  readonly queue: UnsentQueue;
  readonly #owner: OutgoingOwner;
  /** The open connection. */
  #link: Link | undefined;
  /** Whether the connection returned false from send() and has not drained since. */
  #isBlocked = false;
  #owesDrain = false;

  constructor(limits: QueueLimits, owner: OutgoingOwner) {
    this.#owner = owner;
    this.queue = new UnsentQueue(limits, message => owner.dropped(message));
  }

  /** Whether a connection is open, and would take a message at once. */
  get isReady(): boolean {
    return this.#link !== undefined && this.queue.length === 0 && !this.#isBlocked;
  }

  /** Returns what ReconnectingClient.send() returns. */
  send(message: UnsentMessage): boolean | undefined {
    // A connection that is closing returns undefined: the message is for the next one.
    const answer = this.isReady ? this.#pass(message) : undefined;
    if (answer !== undefined) return answer;
    if (!this.queue.push(message)) return undefined;
    this.#owesDrain ||= this.#isBlocked;
    return !this.#isBlocked;
  }

  /** Sends what waits, and later messages, with this connection. */
  attach(link: Link): void {
    this.#link = link;
    link.onDrain(() => {
      if (this.#link !== link) return;
      this.#isBlocked = false;
      this.#flush(false);
    });
    this.#flush(false);
  }

  /** Keeps later messages: the connection has closed. */
  detach(): void {
    this.#link = undefined;
    this.#isBlocked = false;
  }

  /** Sends all that waits, even to a busy connection, because it is about to be closed. */
  finish(): void {
    this.#flush(true);
  }

  #flush(ignoresBusy: boolean): void {
    while (this.#link !== undefined && (ignoresBusy || !this.#isBlocked)) {
      const message = this.queue.peek();
      if (message === undefined || this.#pass(message) === undefined) break;
      this.queue.shift();
    }
    if (!this.isReady || !this.#owesDrain) return;
    this.#owesDrain = false;
    this.#owner.drained();
  }

  #pass(message: UnsentMessage): boolean | undefined {
    const answer = this.#link?.send(message);
    if (answer === false) {
      this.#isBlocked = true;
      this.#owesDrain = true;
    }
    return answer;
  }
}
