import type { ConnectionSettings } from './options.js';

export type Message = string | Buffer;

/** An AsyncIterableIterator that returns undefined. (That type has had a parameter for it only since TypeScript 5.6.) */
export interface MessageIterator extends AsyncIterator<Message, undefined> {
  [Symbol.asyncIterator](): MessageIterator;
}

const DONE = { done: true, value: undefined } as const;

/** A call of next() that waits for its message. */
interface Waiting {
  readonly iterator: AsyncIterator<Message, undefined>;
  resolve(result: IteratorResult<Message, undefined>): void;
}

/**
 * Messages that nobody has taken yet, in order: those that come before anyone listens, or faster than an iterator takes them. It is
 * bounded in bytes and in count (64 KiB of empty messages would be 32,768 of them); full, it asks for reading to stop.
 */
export class Inbox {
  readonly #settings: ConnectionSettings;
  readonly #onRoom: () => void;
  readonly #messages: Message[] = [];
  #waiting: Waiting[] = [];
  #size = 0;
  #isEnded = false;

  /** @param onRoom called when an iterator has taken a message out */
  constructor(settings: ConnectionSettings, onRoom: () => void) {
    this.#settings = settings;
    this.#onRoom = onRoom;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether an iterator waits for the next message. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  get isFull(): boolean {
    const { maxUnreadMessages, maxUnreadBytes } = this.#settings;
    return this.#messages.length >= maxUnreadMessages || this.#size > maxUnreadBytes;
  }

  /** Hands a message to the iterator that waits for one, or keeps it. */
  put(message: Message): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: message });
      return;
    }
    this.#messages.push(compact(message));
    this.#size += message.length;
  }

  /** The oldest message; there must be one. */
  take(): Message {
    const message = this.#messages.shift()!;
    this.#size -= message.length;
    return message;
  }

  /** No message will come any more. Those that are kept can still be taken. */
  end(): void {
    this.#isEnded = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE);
  }

  /** Gives the messages one by one, and ends with the connection. Leaving the loop leaves the rest where it is. */
  iterator(): MessageIterator {
    let isLeft = false;
    const iterator: MessageIterator = {
      next: () => {
        if (isLeft) return Promise.resolve(DONE);
        if (!this.isEmpty) {
          const value = this.take();
          this.#onRoom();
          return Promise.resolve({ done: false, value });
        }
        if (this.#isEnded) return Promise.resolve(DONE);
        return new Promise(resolve => this.#waiting.push({ iterator, resolve }));
      },
      return: () => {
        isLeft = true;
        // A call of next() that still waits would take a message that nobody looks at.
        for (const { resolve } of this.#waiting.filter(waiting => waiting.iterator === iterator)) resolve(DONE);
        this.#waiting = this.#waiting.filter(waiting => waiting.iterator !== iterator);
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

/** The message without the chunk that it is a part of: what may wait for long, and is counted by its length, must not hold more. */
function compact(message: Message): Message {
  if (typeof message === 'string') return message;
  // Small Buffers of node's share a pool.
  const isCompact = message.buffer.byteLength <= Math.max(2 * message.length, Buffer.poolSize);
  return isCompact ? message : Buffer.from(message);
}
