import { emitTo } from '../application-code.js';
import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import { failListener } from './handlers.js';
import { Inbox, type Message, type MessageIterator } from './inbox.js';
import type { ConnectionSettings } from './options.js';
import { STOPPED_BY } from './read-gate.js';
import type { Reading } from './reading.js';
import { unreadTimeoutError, warnOfUnread } from './unread.js';
import type { WebSocketConnection } from './websocket-connection.js';

/**
 * Delivers received messages to the application.
 *
 *     message ──▶ an iterator that waits ──▶ or the listeners of `message` ──▶ or the inbox, until one of them takes it
 *
 * While the inbox is full or the application has called pause(), reading is stopped.
 */
export class Delivery {
  readonly #connection: WebSocketConnection;
  readonly #reading: Reading;
  readonly #settings: ConnectionSettings;
  #inbox: Inbox | undefined;
  #isDelivering = false;
  #dropped = 0;
  #isStopped = false;
  #isEnded = false;
  #failure: Error | undefined;
  #unreadTimer: NodeJS.Timeout | undefined;

  constructor(connection: WebSocketConnection, reading: Reading, settings: ConnectionSettings) {
    this.#connection = connection;
    this.#reading = reading;
    this.#settings = settings;
  }

  /**
   * Messages that were dropped. After the first, none is delivered: what an application gets may be cut short, but has
   * no gap.
   */
  get dropped(): number {
    return this.#dropped;
  }

  get isPaused(): boolean {
    return this.#reading.gate.has(STOPPED_BY.PAUSE);
  }

  receive(message: Message): void {
    if (this.#settings.incoming === 'discard') return;
    if (this.#dropped > 0 || this.#isStopped) {
      this.#dropped++;
      return;
    }
    const inbox = this.#inbox;
    const isNext = inbox === undefined || (inbox.isEmpty && !inbox.isAwaited);
    // A message that was being inflated may arrive after pause().
    if (isNext && !this.isPaused && emitTo(this.#connection, failListener, 'message', message)) return;
    this.#keep(message);
  }

  #keep(message: Message): void {
    const inbox = this.#openInbox();
    // A connection that is closing keeps reading, to receive the peer's Close frame. Nobody will take messages beyond
    // the bounds.
    if (inbox.isFull && this.#reading.closing.hasBegun && this.#connection.listenerCount('message') === 0) {
      this.#dropped++;
      return;
    }
    inbox.put(message);
    if (!inbox.isFull) return;
    this.#stopReading(STOPPED_BY.INBOX);
    if (!this.isPaused && !this.#hasReader) warnOfUnread(this.#settings.unreadTimeout);
  }

  get #hasReader(): boolean {
    return this.#connection.listenerCount('message') > 0 || this.#inbox?.hasReader === true;
  }

  /** Stops delivering and reading, for `unreadTimeout` at most. */
  pause(): void {
    this.#stopReading(STOPPED_BY.PAUSE);
  }

  /** Delivers the messages that were kept, then reads on. */
  resume(): void {
    if (!this.isPaused) return;
    // Reading goes on only after the messages that are kept already.
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
    const { unreadTimeout } = this.#settings;
    if (!gate.isStoppedByApplication || unreadTimeout === 0) return;
    this.#unreadTimer = setTimeout(() => this.#unreadTimedOut(), unreadTimeout);
  }

  #readOn(reason: number): void {
    this.#reading.readOn(reason);
    if (!this.#reading.gate.isStoppedByApplication) this.#clearTimer();
  }

  #unreadTimedOut(): void {
    const { isPaused } = this;
    const error = unreadTimeoutError(this.#settings.unreadTimeout, { isPaused, hasReader: this.#hasReader });
    this.#reading.closing.terminate(error);
  }

  /** The application has taken a message: `unreadTimeout` starts again. */
  #noteTaken(): void {
    this.#unreadTimer?.refresh();
  }

  #clearTimer(): void {
    clearTimeout(this.#unreadTimer);
    // A timer that was cleared could be started again by refresh().
    this.#unreadTimer = undefined;
  }

  /** A listener of `message` was added. */
  listenerAdded(): void {
    // In the next tick, so that what the application sets up beside this listener stands before the first message.
    if (this.#inbox?.isEmpty === false) nextTick(() => this.deliverKept());
  }

  /** Delivers kept messages to the listeners, if there are any, and reads on. */
  deliverKept(): void {
    // A listener may call resume().
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const inbox = this.#inbox;
    while (
      inbox?.isEmpty === false &&
      !this.isPaused &&
      !this.#isStopped &&
      this.#connection.listenerCount('message') > 0
    ) {
      this.#noteTaken();
      emitTo(this.#connection, failListener, 'message', inbox.take());
    }
    this.#isDelivering = false;
    this.#readOnUnlessFull();
  }

  #readOnUnlessFull(): void {
    if (this.#inbox?.isFull !== true) this.#readOn(STOPPED_BY.INBOX);
  }

  iterator(): MessageIterator {
    return this.#openInbox().iterator();
  }

  #openInbox(): Inbox {
    if (this.#inbox === undefined) {
      this.#inbox = new Inbox(this.#settings, () => {
        this.#noteTaken();
        this.#readOnUnlessFull();
      });
      if (this.#isEnded) this.#inbox.end(this.#failure);
    }
    return this.#inbox;
  }

  /** Delivers nothing more, because a listener has failed. The state of the application may be inconsistent. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The connection is closing: reading goes on, whatever the application has taken. */
  closing(): void {
    this.#clearTimer();
  }

  /**
   * The connection has closed. Messages that are kept can still be taken.
   *
   * @param failure what iterators throw after them; undefined after a clean close
   */
  end(failure: Error | undefined): void {
    this.#clearTimer();
    this.#isEnded = true;
    this.#failure = failure;
    this.#inbox?.end(failure);
  }
}
