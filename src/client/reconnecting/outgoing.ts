import type { Link } from './link.js';
import { type QueueLimits, type UnsentMessage, UnsentQueue } from './unsent-queue.js';

/** The events of Outgoing. */
export interface OutgoingOwner {
  /** A message was dropped from the queue. */
  dropped(message: UnsentMessage): void;
  /** No message waits any more, after send() had returned false. */
  drained(): void;
}

/** Sends the messages of a reconnecting client: to the open connection, or to the queue for the next one. */
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

  /** Sends or queues a message. Returns the same as ReconnectingClient.send(). */
  send(message: UnsentMessage): boolean | undefined {
    // If the connection is closing, it returns undefined, and the message is for the next one.
    const answer = this.isReady ? this.#pass(message) : undefined;
    if (answer !== undefined) return answer;
    if (!this.queue.push(message)) return undefined;
    this.#owesDrain ||= this.#isBlocked;
    return !this.#isBlocked;
  }

  /** Sends the queued messages, and later ones, with this connection. */
  attach(link: Link): void {
    this.#link = link;
    link.onDrain(() => {
      if (this.#link !== link) return;
      this.#isBlocked = false;
      this.#flush(false);
    });
    this.#flush(false);
  }

  /** Keeps later messages, because the connection has closed. */
  detach(): void {
    this.#link = undefined;
    this.#isBlocked = false;
  }

  /** Sends all queued messages, even to a busy connection, because it is about to be closed. */
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
