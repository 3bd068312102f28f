import { onAbort } from '../abort-signal.js';
import { invalidType, invalidValue, rangeError } from '../errors.js';
import { Utf8Validator } from '../framing/utf8-validator.js';
import { isUint8Array } from '../host-values.js';
import type { OptionNames } from '../option-names.js';
import type { Backlog } from './backlog.js';
import type { Outbox } from './outbox.js';
import type { SendMode, SendOptions } from './payload.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';
import type { WaitOptions } from './wait.js';

/** The pieces of a message for sendStream(): strings or Uint8Arrays, but not both in one message. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Options of sendStream(). */
export interface SendStreamOptions extends SendOptions, WaitOptions {}

export const SEND_STREAM_OPTION_NAMES: OptionNames<SendStreamOptions> = { type: true, compress: true, signal: true };

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
   * Resolves to true when the whole message is on its way, or to false if the connection closed first. Rejects with the
   * error that cut the message off.
   */
  readonly result: Promise<boolean>;
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #outbox: Outbox;
  readonly #backlog: Backlog;
  #isText: boolean | undefined;
  readonly #isCompressed: boolean;
  #kind: 'string' | 'Uint8Array' | undefined;
  /** Checks a text whose pieces are bytes. Created with the first piece. */
  #validator: Utf8Validator | undefined;
  /** Whether a part of the message was passed on, so that the message must be completed. */
  #hasBegun = false;
  /** The first half of a surrogate pair at the end of the last piece. It is encoded together with the second half. */
  #carry = '';
  #isRunning = false;
  #stopped: { readonly reason: unknown } | undefined;
  #onStop: (reason: unknown) => void = () => {};
  #resolve!: (isSent: boolean) => void;
  #reject!: (error: unknown) => void;

  /** @param mode if `isText` is undefined, the first piece decides */
  constructor(
    source: MessageSource,
    { isText, mayCompress }: SendMode<boolean | undefined>,
    outbox: Outbox,
    backlog: Backlog,
  ) {
    this.#iterator = iteratorOf(source);
    this.#isText = isText;
    this.#isCompressed = mayCompress && outbox.compressesStreams;
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
   * Stops reading the source, even during a wait. The result rejects with `reason`, or resolves to false if that is
   * CLOSED.
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
   * @throws the error that cut the message off, if fragments were sent already, because the message cannot be completed
   *   then
   */
  async run(): Promise<void> {
    if (this.#stopped !== undefined) return;
    this.#isRunning = true;
    try {
      for (let step = await this.#next(); !step.done; step = await this.#next()) {
        const sent = await this.#send(this.#accept(step.value));
        if (!sent || !(await this.#orStop(this.#backlog.flowing()))) throw CLOSED;
      }
      await this.#sendCarry();
    } catch (error) {
      // A loop that catches the error and tries again must not block the event loop.
      await promptAnswer(undefined);
      this.#fail(error);
      if (error !== CLOSED && this.#hasBegun) throw error;
      return;
    }
    // The end of the source is known only now, so the last fragment has no data.
    const isCompressed = this.#isCompressed && this.#hasBegun;
    const last = isCompressed ? this.#outbox.endParts() : new Uint8Array(0);
    this.#resolve(this.#outbox.sendFragment(last, true, this.#isText === true, isCompressed));
  }

  /** Sends the next fragment. Returns false if the connection no longer takes it. */
  async #send(piece: string | Uint8Array): Promise<boolean> {
    this.#hasBegun = true;
    const isText = this.#isText === true;
    if (!this.#isCompressed) return this.#outbox.sendFragment(piece, false, isText, false);
    const part = await this.#orStop(this.#outbox.compressPart(piece));
    return part !== undefined && this.#outbox.sendFragment(part, false, isText, true);
  }

  /** Checks the end of a text, and sends the rest of it. */
  async #sendCarry(): Promise<void> {
    if (this.#validator?.isComplete === false) {
      throw rangeError('the stream must be UTF-8 if it is sent as text, but its last character is incomplete');
    }
    // Half of a surrogate pair is encoded as U+FFFD.
    if (this.#carry !== '' && !(await this.#send(this.#typed(this.#carry)))) throw CLOSED;
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
      const expected = this.#kind === undefined ? 'a string or a Uint8Array' : `a ${this.#kind}, like the first piece`;
      throw invalidType('a piece of the stream', expected, piece);
    }
    this.#kind = kind;
    this.#isText ??= kind === 'string';
    if (typeof piece === 'string') return this.#typed(this.#wholeCharacters(piece));
    const bytes = piece as Uint8Array;
    if (this.#isText) this.#check(bytes);
    return bytes;
  }

  /** Returns text as bytes if it is sent as binary. */
  #typed(text: string): string | Uint8Array {
    return this.#isText ? text : Buffer.from(text, 'utf8');
  }

  /** Checks bytes that are sent as text. If the peer found them to be wrong, it would fail the connection (§8.1). */
  #check(bytes: Uint8Array): void {
    this.#validator ??= new Utf8Validator();
    if (this.#validator.check(bytes, 0, bytes.length) === -1) return;
    throw invalidValue('a piece of the stream', 'UTF-8 if it is sent as text', bytes);
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
