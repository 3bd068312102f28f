import { ConnectionLostError } from '../errors.js';
import { Fifo } from '../fifo.js';
import { DONE, isFull, type Message, type MessageIterator } from './inbox.js';
import type { ConnectionSettings } from './options.js';

/**
 * A message that is received in parts: strings for text, Buffers for binary. Iterate over it before you request the
 * next message.
 *
 * A loop that ends early discards the rest of the message. If the connection is lost in the middle of the message, the
 * loop throws the cause.
 */
export interface MessageStream extends AsyncIterable<Message> {
  readonly type: 'text' | 'binary';
}

/** A call of next() that waits. */
interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

class StreamedMessage implements MessageStream {
  readonly type: 'text' | 'binary';
  readonly #owner: StreamedMessages;
  readonly #parts = new Fifo<Message>();
  readonly #waiting: Array<Waiting<Message>> = [];
  #isComplete = false;
  #isDiscarded = false;
  #failure: Error | undefined;

  constructor(owner: StreamedMessages, isText: boolean) {
    this.#owner = owner;
    this.type = isText ? 'text' : 'binary';
  }

  /** Passes a part to a call of next() that waits, or keeps it. Returns whether it was kept. */
  put(part: Message): boolean {
    if (this.#isDiscarded || this.#failure !== undefined) return false;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#parts.push(part);
    else waiting.resolve({ done: false, value: part });
    return waiting === undefined;
  }

  /** Ends the message after its kept parts. */
  complete(): void {
    this.#isComplete = true;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
  }

  /** Fails the message, because the rest of it will not arrive. */
  fail(failure: Error): void {
    if (this.#isComplete) return;
    this.#failure ??= failure;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(failure);
  }

  /** Drops the parts that were kept, and those that follow. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#owner.taken(this.#parts.takeAll());
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.discard();
        return Promise.resolve(DONE);
      },
    };
  }

  #next(): Promise<IteratorResult<Message, undefined>> {
    const part = this.#parts.shift();
    if (part !== undefined) {
      this.#owner.taken([part]);
      return Promise.resolve({ done: false, value: part });
    }
    if (this.#isDiscarded || this.#isComplete) return Promise.resolve(DONE);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

/**
 * The messages of a connection as streams, for messages({ stream: true }). Parts that the application has not taken are
 * bounded by the same options as the inbox.
 */
export class StreamedMessages {
  readonly #settings: ConnectionSettings;
  readonly #onTaken: () => void;
  readonly #onLeft: () => void;
  /** The messages that the application has not taken. */
  readonly #messages = new Fifo<StreamedMessage>();
  readonly #waiting: Array<Waiting<MessageStream>> = [];
  /** The message that the application took last. */
  #taken: StreamedMessage | undefined;
  /** The message that is being received. */
  #receiving: StreamedMessage | undefined;
  /** How many parts are kept, and their size. */
  #parts = 0;
  #size = 0;
  #end: { readonly failure: Error | undefined } | undefined;
  #isLeft = false;

  /**
   * @param onTaken called when the application has taken a message or a part
   * @param onLeft called when the application has left the loop
   */
  constructor(settings: ConnectionSettings, onTaken: () => void, onLeft: () => void) {
    this.#settings = settings;
    this.#onTaken = onTaken;
    this.#onLeft = onLeft;
  }

  get isFull(): boolean {
    return isFull(this.#settings, this.#parts + this.#messages.length, this.#size);
  }

  start(isText: boolean): void {
    this.#receiving = new StreamedMessage(this, isText);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#messages.push(this.#receiving);
    else this.#give(this.#receiving, waiting);
  }

  put(part: Message): void {
    if (part.length === 0 || this.#receiving?.put(part) !== true) return;
    this.#parts++;
    this.#size += part.length;
  }

  complete(): void {
    this.#receiving?.complete();
    this.#receiving = undefined;
  }

  /** Fails the message that is being received, because there is no room for the rest of it. */
  cutOff(failure: Error): void {
    this.#receiving?.fail(failure);
  }

  /** Notes that parts were taken or discarded. */
  taken(parts: readonly Message[]): void {
    this.#parts -= parts.length;
    for (const { length } of parts) this.#size -= length;
    if (!this.#isLeft) this.#onTaken();
  }

  /**
   * Ends the iterator after the kept messages, because the connection has closed.
   *
   * @param failure the error that the iterator throws; undefined after a clean close
   * @param reason why the connection closed
   */
  end(failure: Error | undefined, reason: Error): void {
    this.#end = { failure };
    this.#receiving?.fail(failure ?? incompleteError(reason));
    for (const waiting of this.#waiting.splice(0)) {
      if (failure === undefined) waiting.resolve(DONE);
      else waiting.reject(failure);
    }
  }

  #give(message: StreamedMessage, waiting: Waiting<MessageStream>): void {
    this.#taken = message;
    waiting.resolve({ done: false, value: message });
  }

  iterator(): MessageIterator<MessageStream> {
    const iterator: MessageIterator<MessageStream> = {
      next: () =>
        new Promise((resolve, reject) => {
          this.#next({ resolve, reject });
        }),
      return: () => {
        this.#leave();
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #next(waiting: Waiting<MessageStream>): void {
    // The application does not want the rest of the last message.
    this.#taken?.discard();
    this.#taken = undefined;
    const message = this.#messages.shift();
    if (this.#isLeft) waiting.resolve(DONE);
    else if (message !== undefined) {
      this.#give(message, waiting);
      this.#onTaken();
    } else if (this.#end === undefined) this.#waiting.push(waiting);
    else {
      const { failure } = this.#end;
      this.#leave();
      if (failure === undefined) waiting.resolve(DONE);
      else waiting.reject(failure);
    }
  }

  /** Drops the messages that were not taken, because the application has left the loop. */
  #leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#taken?.discard();
    for (const message of this.#messages.takeAll()) message.discard();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
    this.#onLeft();
  }
}

function incompleteError(reason: Error): ConnectionLostError {
  const message = `the connection closed in the middle of a message: ${reason.message}`;
  return new ConnectionLostError(message, 'WS101_CONNECTION_LOST', reason);
}
