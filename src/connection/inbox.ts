import { Fifo } from '../fifo.js';
import type { ConnectionSettings } from './options.js';

/** A received message: text as a string, or as a Buffer with the option `text: 'buffer'`; binary as a Buffer. */
export type Message = string | Buffer;

/** A message with its type, as messages() iterates over them. */
export interface TypedMessage {
  readonly type: 'text' | 'binary';
  readonly data: Message;
}

/** Text as UTF-8 bytes, because of the option `text: 'buffer'`. */
class EncodedText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** A kept message. Text in a Buffer is wrapped, to tell it from binary. */
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

/**
 * An iterator over messages, for `for await`. It is an AsyncIterableIterator that returns undefined, for which that
 * type has no parameter before TypeScript 5.6.
 */
export interface MessageIterator<T = Message> extends AsyncIterator<T, undefined> {
  [Symbol.asyncIterator](): MessageIterator<T>;
}

/** The result of an iterator that has ended. */
export const DONE = { done: true, value: undefined } as const;

/** Whether the limit of unread messages or of unread bytes is reached. One message may exceed the limit of bytes. */
export function isFull(
  { maxUnreadMessages, maxUnreadBytes }: ConnectionSettings,
  messages: number,
  bytes: number,
): boolean {
  return messages >= maxUnreadMessages || bytes > maxUnreadBytes;
}

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
 * Kept messages smaller than an eighth of this share blocks of this size. Separate memory would cost hundreds of bytes
 * for each message. A part of Node's pool could keep all 8 KiB of the pool alive.
 */
const BLOCK_SIZE = 1_024;

/**
 * Messages that the application has not taken yet, in order: those that arrive before there is a listener, or faster
 * than an iterator takes them. The inbox is bounded in bytes and in count, because empty messages have no bytes. If it
 * is full, reading stops.
 */
export class Inbox {
  readonly #settings: ConnectionSettings;
  readonly #onTaken: () => void;
  readonly #messages = new Fifo<Kept>();
  #size = 0;
  #block: Buffer | undefined;
  #blockUsed = 0;
  #waiting: Waiting[] = [];
  /** The number of iterators that have not ended. */
  #readers = 0;
  #isEnded = false;
  #failure: Error | undefined;

  /** @param onTaken called when an iterator has taken a message */
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

  /** Whether there is an iterator that has not ended. */
  get hasReader(): boolean {
    return this.#readers > 0;
  }

  get isFull(): boolean {
    return isFull(this.#settings, this.#messages.length, this.#size);
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

  /** Removes and returns the oldest message. There must be one. */
  take(): Kept {
    const kept = this.#messages.shift()!;
    this.#size -= dataOf(kept).length;
    if (this.isEmpty) this.#block = undefined;
    return kept;
  }

  /**
   * Ends the iterators after the kept messages, because the connection has closed.
   *
   * @param failure the error that the iterators throw after the last message; undefined after a clean close
   */
  end(failure: Error | undefined): void {
    this.#isEnded = true;
    this.#failure = failure;
    for (const waiting of this.#waiting.splice(0)) waiting.end();
  }

  /**
   * Iterates over the messages until the connection closes. If the loop ends early, the other messages stay in the
   * inbox.
   */
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
        // A call of next() that still waits would take a message that is then lost.
        for (const waiting of this.#waiting.filter(one => one.iterator === iterator)) waiting.leave();
        this.#waiting = this.#waiting.filter(waiting => waiting.iterator !== iterator);
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Returns the message, or a copy if it is a small part of its memory. It may be kept for long, and only its length is
   * counted.
   */
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
