import { emitTo } from '../application-code.js';
import { ConnectionLostError, typeError } from '../errors.js';
import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import { failListener } from './handlers.js';
import {
  dataOf,
  Inbox,
  isText as isTextMessage,
  type Kept,
  type Message,
  type MessageIterator,
  type TypedMessage,
  typedMessage,
} from './inbox.js';
import { STOPPED_BY } from './read-gate.js';
import type { Reading } from './reading.js';
import { type MessageStream, StreamedMessages } from './streamed-messages.js';
import { unreadTimeoutError, warnOfUnread } from './unread.js';

/**
 * Delivers received messages to the application.
 *
 *     message ──▶ an iterator that waits ──▶ or the listeners for `message` ──▶ or the inbox, until one of them takes it
 *
 * While the inbox is full or the application has called pause(), reading is stopped.
 */
export class Delivery {
  readonly #reading: Reading;
  #inbox: Inbox | undefined;
  /** Set while the application iterates over messages as streams. */
  #streams: StreamedMessages | undefined;
  #isDelivering = false;
  #dropped = 0;
  #unreadTimer: NodeJS.Timeout | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /**
   * How many messages were dropped. After the first one, no more are delivered: the messages that the application gets
   * may end early, but without a gap.
   */
  get dropped(): number {
    return this.#dropped;
  }

  get isPaused(): boolean {
    return this.#reading.gate.has(STOPPED_BY.PAUSE);
  }

  /** Passes a message to an iterator or to the listeners, or keeps it. */
  receive(message: Message, isText: boolean): void {
    if (this.#streams !== undefined) {
      // A small compressed message, or one that began before the loop. It becomes a stream of one part.
      this.streamStart(isText);
      this.streamPart(message);
      this.streamEnd();
      return;
    }
    if (this.#reading.settings.incoming === 'discard') return;
    if (this.#isDropping) {
      this.#dropped++;
      return;
    }
    const inbox = this.#inbox;
    const isNext = inbox === undefined || (inbox.isEmpty && !inbox.isAwaited);
    // A message that was being inflated may arrive after pause().
    const { connection } = this.#reading;
    if (isNext && !this.isPaused && emitTo(connection, failListener, 'message', message, !isText)) return;
    this.#keep(message, isText);
  }

  get #isDropping(): boolean {
    return this.#dropped > 0 || this.#reading.hasListenerFailed;
  }

  get #hasListener(): boolean {
    return this.#reading.connection.listenerCount('message') > 0;
  }

  streamStart(isText: boolean): void {
    if (this.#streams === undefined || this.#reading.settings.incoming === 'discard') return;
    if (this.#isDropping) this.#dropped++;
    else this.#streams.start(isText);
  }

  streamPart(part: Message): void {
    const streams = this.#streams;
    if (streams === undefined || this.#isDropping) return;
    // A connection that is closing keeps reading, as in #keep().
    if (streams.isFull && this.#reading.state !== 'open') {
      this.#dropped++;
      streams.cutOff(new ConnectionLostError('the connection closed before the whole message was read'));
      return;
    }
    streams.put(part);
    if (streams.isFull) this.#stopReading(STOPPED_BY.INBOX);
  }

  streamEnd(): void {
    if (!this.#isDropping) this.#streams?.complete();
  }

  #keep(message: Message, isText: boolean): void {
    const inbox = this.#openInbox();
    // A connection that is closing keeps reading, to receive the peer's Close frame. Messages beyond the bounds would
    // never be taken.
    if (inbox.isFull && this.#reading.state !== 'open' && !this.#hasListener) {
      this.#dropped++;
      return;
    }
    inbox.put(message, isText);
    if (!inbox.isFull) return;
    this.#stopReading(STOPPED_BY.INBOX);
    if (!this.isPaused && !this.#hasReader) warnOfUnread(this.#reading.settings.unreadTimeout);
  }

  get #hasReader(): boolean {
    if (this.#streams !== undefined) return true;
    return this.#hasListener || this.#inbox?.hasReader === true;
  }

  /** Stops delivering and reading, for `unreadTimeout` at most. */
  pause(): void {
    this.#stopReading(STOPPED_BY.PAUSE);
  }

  /** Delivers the messages that were kept, then continues to read. */
  resume(): void {
    if (!this.isPaused) return;
    // Reading continues only when the kept messages have been delivered.
    if (this.#inbox?.isEmpty === false) this.#reading.gate.add(STOPPED_BY.INBOX);
    this.#readOn(STOPPED_BY.PAUSE);
    this.deliverKept();
  }

  #stopReading(reason: number): void {
    const { gate } = this.#reading;
    if (gate.isStoppedByApplication) {
      gate.add(reason);
      return;
    }
    gate.add(reason);
    const { unreadTimeout } = this.#reading.settings;
    if (!gate.isStoppedByApplication || unreadTimeout === 0) return;
    // #readOn() may fill the inbox again before it clears the timer of the last stop.
    this.#clearTimer();
    this.#unreadTimer = setTimeout(() => this.#unreadTimedOut(), unreadTimeout);
  }

  #readOn(reason: number): void {
    this.#reading.readOn(reason);
    if (!this.#reading.gate.isStoppedByApplication) this.#clearTimer();
  }

  #unreadTimedOut(): void {
    const { isPaused } = this;
    const error = unreadTimeoutError(this.#reading.settings.unreadTimeout, { isPaused, hasReader: this.#hasReader });
    this.#reading.closing.terminate(error);
  }

  /** Restarts `unreadTimeout`, because the application has taken a message. */
  #noteTaken(): void {
    this.#unreadTimer?.refresh();
  }

  #clearTimer(): void {
    clearTimeout(this.#unreadTimer);
    // refresh() would start a cleared timer again.
    this.#unreadTimer = undefined;
  }

  /** Throws if a listener for `message` must not be added now. */
  admitListener(): void {
    if (this.#streams !== undefined) throw otherReaderError();
  }

  /** Notes that a listener for `message` was added. */
  listenerAdded(): void {
    // In the next tick, so that the application can finish its setup before the first message.
    if (this.#inbox?.isEmpty === false) nextTick(() => this.deliverKept());
  }

  /** Delivers kept messages to the listeners, if there are any, and continues to read. */
  deliverKept(): void {
    // A listener may call resume().
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const inbox = this.#inbox;
    const { connection } = this.#reading;
    while (inbox?.isEmpty === false && !this.isPaused && !this.#reading.hasListenerFailed && this.#hasListener) {
      this.#noteTaken();
      const kept = inbox.take();
      emitTo(connection, failListener, 'message', dataOf(kept), !isTextMessage(kept));
    }
    this.#isDelivering = false;
    this.#readOnUnlessFull();
  }

  #readOnUnlessFull(): void {
    if (this.#inbox?.isFull !== true && this.#streams?.isFull !== true) this.#readOn(STOPPED_BY.INBOX);
  }

  /** Iterates over the messages. */
  iterator(): MessageIterator {
    return this.#iterator(dataOf);
  }

  /** Iterates over the messages with their types. */
  typedIterator(): MessageIterator<TypedMessage> {
    return this.#iterator(typedMessage);
  }

  #iterator<T>(present: (kept: Kept) => T): MessageIterator<T> {
    if (this.#streams !== undefined) throw otherReaderError();
    return this.#openInbox().iterator(present);
  }

  /** Iterates over the messages as streams. Nothing else may read them meanwhile. */
  streamIterator(): MessageIterator<MessageStream> {
    if (this.#hasReader) throw otherReaderError();
    const { protocol } = this.#reading;
    const streams = new StreamedMessages(
      this.#reading.settings,
      () => {
        this.#noteTaken();
        this.#readOnUnlessFull();
      },
      () => {
        protocol.streamMessages(false);
        this.#streams = undefined;
        this.#readOnUnlessFull();
      },
    );
    // Messages that were kept before become streams of one part.
    const inbox = this.#inbox;
    while (inbox?.isEmpty === false) {
      const kept = inbox.take();
      streams.start(isTextMessage(kept));
      streams.put(dataOf(kept));
      streams.complete();
    }
    if (this.#reading.state === 'closed') {
      const { failure, endReason } = this.#reading.closing;
      streams.end(failure, endReason);
      return streams.iterator();
    }
    this.#streams = streams;
    protocol.streamMessages(true);
    this.#readOnUnlessFull();
    return streams.iterator();
  }

  #openInbox(): Inbox {
    if (this.#inbox === undefined) {
      this.#inbox = new Inbox(this.#reading.settings, () => {
        this.#noteTaken();
        this.#readOnUnlessFull();
      });
      if (this.#reading.state === 'closed') this.#inbox.end(this.#reading.closing.failure);
    }
    return this.#inbox;
  }

  /** Stops the timer, because a closing connection keeps reading even if the application takes no messages. */
  closing(): void {
    this.#clearTimer();
  }

  /** Ends the iterators after the kept messages, because the connection has closed. */
  end(): void {
    this.#clearTimer();
    const { closing } = this.#reading;
    this.#inbox?.end(closing.failure);
    this.#streams?.end(closing.failure, closing.endReason);
  }
}

function otherReaderError(): TypeError {
  return typeError(
    'messages({ stream: true }) must be the only reader: use no other iterator and no listener for `message` at the same time',
  );
}
