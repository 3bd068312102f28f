import { Fifo } from '../fifo.js';
import type { ConnectionSettings } from './options.js';

export type Message = string | Buffer;

/** A message with its type, as messages() iterates over them. */
export interface TypedMessage {
  readonly type: 'text' | 'binary';
  readonly data: Message;
}

/** Text that was left encoded. */
class EncodedText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** A kept message. An object is made only for text that was left encoded. */
export type Kept = Message | EncodedText;

/** Returns a kept message as it is delivered. */
export function dataOf(kept: Kept): Message {
  return kept instanceof EncodedText ? kept.bytes : kept;
}

/** Returns whether a kept message is text. */
export function isText(kept: Kept): boolean {
  return typeof kept === 'string' || kept instanceof EncodedText;
}

/** Returns a kept message with its type. */
export function typedMessage(kept: Kept): TypedMessage {
  return { type: isText(kept) ? 'text' : 'binary', data: dataOf(kept) };
}

/** An AsyncIterableIterator that returns undefined. (That type has had a parameter for it only since TypeScript 5.6.) */
export interface MessageIterator<T = Message> extends AsyncIterator<T, undefined> {
  [Symbol.asyncIterator](): MessageIterator<T>;
}

const DONE = { done: true, value: undefined } as const;

/** A call of next() that waits for its message. */
interface Waiting {
  readonly iterator: unknown;
  /** Resolves the call with a message. */
  take(kept: Kept): void;
  /** Ends the iteration. */
  leave(): void;
  /** Ends the iteration at the end of the connection. */
  end(): void;
}

/**
 * Kept messages smaller than an eighth of this share blocks of this size. Memory of its own would cost each of them hundreds of bytes, and
 * a place in Node's pool may cost 8 KiB: other connections fill the rest of the pool, and are done with it long before.
 */
const BLOCK_SIZE = 1_024;

/**
 * Messages that nobody has taken yet, in order: those that come before anyone listens, or faster than an iterator takes them. It is
 * bounded in bytes and in count (64 KiB of empty messages would be 32,768 of them); full, it asks for reading to stop.
 */
export class Inbox {
  readonly #settings: ConnectionSettings;
  readonly #onTaken: () => void;
  readonly #messages = new Fifo<Kept>();
  #size = 0;
  #block: Buffer | undefined;
  #blockUsed = 0;
  #waiting: Waiting[] = [];
  /** Iterators that have not come to their end. */
  #readers = 0;
  #isEnded = false;
  #failure: Error | undefined;

  /** @param onTaken called when an iterator has taken a message out */
  constructor(settings: ConnectionSettings, onTaken: () => void) {
    this.#settings = settings;
    this.#onTaken = onTaken;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether an iterator waits for the next message. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether there is an iterator that may ask for messages. */
  get hasReader(): boolean {
    return this.#readers > 0;
  }

  get isFull(): boolean {
    const { maxUnreadMessages, maxUnreadBytes } = this.#settings;
    return this.#messages.length >= maxUnreadMessages || this.#size > maxUnreadBytes;
  }

  /** Hands a message to the iterator that waits for one, or keeps it. */
  put(message: Message, isText: boolean = typeof message === 'string'): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.take(keptOf(message, isText));
      return;
    }
    this.#messages.push(keptOf(typeof message === 'string' ? message : this.#compact(message), isText));
    this.#size += message.length;
  }

  /** Returns the oldest message and forgets it; there must be one. */
  take(): Kept {
    const kept = this.#messages.shift()!;
    this.#size -= dataOf(kept).length;
    if (this.isEmpty) this.#block = undefined;
    return kept;
  }

  /**
   * No message will come any more. Those that are kept can still be taken.
   *
   * @param failure what the iterators throw after them; undefined after a clean end
   */
  end(failure: Error | undefined): void {
    this.#isEnded = true;
    this.#failure = failure;
    for (const waiting of this.#waiting.splice(0)) waiting.end();
  }

  /** Returns the messages one by one, and ends with the connection. Leaving the loop leaves the rest where it is. */
  iterator<T>(present: (kept: Kept) => T): MessageIterator<T> {
    let isDone = false;
    this.#readers++;
    const leave = () => {
      if (!isDone) this.#readers--;
      isDone = true;
    };
    const end = (): Promise<IteratorResult<T, undefined>> => {
      const failure = isDone ? undefined : this.#failure;
      leave();
      return failure === undefined ? Promise.resolve(DONE) : Promise.reject(failure);
    };
    const iterator: MessageIterator<T> = {
      next: () => {
        if (isDone) return Promise.resolve(DONE);
        if (!this.isEmpty) {
          const value = present(this.take());
          this.#onTaken();
          return Promise.resolve({ done: false, value });
        }
        if (this.#isEnded) return end();
        return new Promise(resolve => {
          const take = (kept: Kept) => resolve({ done: false, value: present(kept) });
          this.#waiting.push({ iterator, take, leave: () => resolve(DONE), end: () => resolve(end()) });
        });
      },
      return: () => {
        leave();
        // A call of next() that still waits would take a message that nobody looks at.
        for (const waiting of this.#waiting.filter(one => one.iterator === iterator)) waiting.leave();
        this.#waiting = this.#waiting.filter(waiting => waiting.iterator !== iterator);
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** The message in memory that is held for kept messages alone: it may wait for long, and is counted by its length. */
  #compact(message: Buffer): Buffer {
    const { length } = message;
    if (length >= BLOCK_SIZE / 8) {
      if (message.buffer.byteLength <= 2 * length) return message;
      const copy = Buffer.allocUnsafeSlow(length);
      message.copy(copy);
      return copy;
    }
    if (this.#block === undefined || this.#blockUsed + length > BLOCK_SIZE) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
      this.#blockUsed = 0;
    }
    const start = this.#blockUsed;
    this.#blockUsed += length;
    message.copy(this.#block, start);
    return this.#block.subarray(start, this.#blockUsed);
  }
}

function keptOf(message: Message, isText: boolean): Kept {
  return isText && typeof message !== 'string' ? new EncodedText(message) : message;
}
