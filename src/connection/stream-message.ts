import { onAbort } from '../abort-signal.js';
import { invalidType } from '../errors.js';
import { isUint8Array } from '../host-values.js';
import type { Backlog } from './backlog.js';
import type { Outbox } from './outbox.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';

/** What sendStream() accepts: pieces of text or pieces of binary, but not both in one message. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Stops a StreamMessage because the connection has closed. */
export const CLOSED: unique symbol = Symbol('closed');

/**
 * An outgoing message of unknown length. Each piece of the source becomes a fragment, no faster than the peer takes
 * them.
 *
 * "The primary purpose of fragmentation is to allow sending a message that is of unknown size when the message is
 * started" (RFC 6455 §5.4).
 */
export class StreamMessage {
  /**
   * Resolves true when all of it is on its way, false if the connection closed first. Rejects with the error that cut
   * it off.
   */
  readonly result: Promise<boolean>;
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #outbox: Outbox;
  readonly #backlog: Backlog;
  #kind: 'string' | 'Uint8Array' | undefined;
  /** The first half of a surrogate pair at the end of the last piece. It is encoded together with the second half. */
  #carry = '';
  #isRunning = false;
  #stopped: { readonly reason: unknown } | undefined;
  #onStop: (reason: unknown) => void = () => {};
  #resolve!: (isSent: boolean) => void;
  #reject!: (error: unknown) => void;

  constructor(source: MessageSource, outbox: Outbox, backlog: Backlog) {
    this.#iterator = iteratorOf(source);
    this.#outbox = outbox;
    this.#backlog = backlog;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * Queues the message after all earlier ones. Returns `result`, or a rejected promise if `signal` is aborted already.
   *
   * @param isOpen whether the connection is open; if not, nothing is sent
   */
  start(isOpen: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted === true) {
      this.stop(CLOSED);
      return promptFailure(signal.reason);
    }
    if (!isOpen || !this.#backlog.admits()) {
      this.stop(CLOSED);
      return promptAnswer(false);
    }
    const stopListening = onAbort(signal, () => this.stop(signal?.reason));
    this.result.then(stopListening, stopListening);
    this.#backlog.enqueue(
      0,
      () => this.run(),
      () => this.stop(CLOSED),
    );
    return this.result;
  }

  /**
   * Stops reading the source, even during a wait. The result rejects with `reason`, or resolves false if it is CLOSED.
   */
  stop(reason: unknown): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = { reason };
    if (this.#isRunning) this.#onStop(reason);
    else this.#fail(reason);
  }

  /**
   * Sends the message. Called when everything before it is on its way.
   *
   * @throws the error that cut it off, if fragments were sent already: the message cannot be completed then
   */
  async run(): Promise<void> {
    if (this.#stopped !== undefined) return;
    this.#isRunning = true;
    try {
      for (let step = await this.#next(); !step.done; step = await this.#next()) {
        const sent = this.#outbox.sendFragment(this.#accept(step.value), false);
        if (!sent || !(await this.#orStop(this.#backlog.flowing()))) throw CLOSED;
      }
    } catch (error) {
      // A loop that catches the error and tries again must not block the event loop.
      await promptAnswer(undefined);
      this.#fail(error);
      if (error !== CLOSED && this.#kind !== undefined) throw error;
      return;
    }
    // The end of the source is known only now, so the last fragment is empty, except for a carried half.
    this.#resolve(this.#outbox.sendFragment(this.#kind === 'string' ? this.#carry : new Uint8Array(0), true));
  }

  #fail(reason: unknown): void {
    this.#leave();
    if (reason === CLOSED) this.#resolve(false);
    else this.#reject(reason);
  }

  #next(): Promise<IteratorResult<unknown>> {
    return this.#orStop(this.#iterator.next());
  }

  #orStop<T>(wait: T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onStop = reject;
      if (this.#stopped !== undefined) reject(this.#stopped.reason);
      Promise.resolve(wait).then(resolve, reject);
    });
  }

  #accept(piece: unknown): string | Uint8Array {
    const kind = typeof piece === 'string' ? 'string' : isUint8Array(piece) ? 'Uint8Array' : undefined;
    if (kind === undefined || (this.#kind !== undefined && kind !== this.#kind)) {
      throw invalidType('a piece of the stream', this.#kind ?? 'a string or a Uint8Array', piece);
    }
    this.#kind = kind;
    return typeof piece === 'string' ? this.#wholeCharacters(piece) : (piece as Uint8Array);
  }

  #wholeCharacters(piece: string): string {
    const text = this.#carry + piece;
    const endsInHalf = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
    this.#carry = endsInHalf ? text.slice(-1) : '';
    return endsInHalf ? text.slice(0, -1) : text;
  }

  /** Ends the iteration of the source, without waiting for it. */
  #leave(): void {
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // The cleanup of the source failed. The message has ended anyway.
    }
  }
}

function iteratorOf(source: MessageSource): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
  }
  throw invalidType('source', 'an iterable or an async iterable of strings or Uint8Arrays', source);
}
