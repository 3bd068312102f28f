import { captureRejectionSymbol, EventEmitter } from 'node:events';
import { onAbort } from '../../abort-signal.js';
import { booleanAnswer, emitTo, warn } from '../../application-code.js';
import type { Sendable, SendOptions } from '../../connection/payload.js';
import { promptAnswer, promptFailure } from '../../connection/prompt-answer.js';
import { rejectIfThrown, signalOf, untilAnswered, type WaitOptions } from '../../connection/wait.js';
import type { WebSocketConnection } from '../../connection/websocket-connection.js';
import { ConnectionLostError, HandlerError } from '../../errors.js';
import { CLOSE_CODE } from '../../framing/close-code.js';
import { encodeClosePayload } from '../../framing/close-payload.js';
import { messageOf } from '../failure.js';
import { AttemptTimeout, makeAttempt, type Opened } from './attempt.js';
import type { Clock } from './clock.js';
import {
  type ConnectionFailure,
  connectionEnded,
  errorOf,
  type FailureCause,
  isRetryable,
} from './connection-failure.js';
import type { ReconnectingEnd, ReconnectingEvents, ReconnectingState } from './events.js';
import { Forwarding } from './forwarding.js';
import { Heartbeat } from './heartbeat.js';
import type { Reconnectable } from './link-of.js';
import { NextAttempt } from './next-attempt.js';
import type { PerAttempt, ReconnectingSettings } from './options.js';
import { Outgoing } from './outgoing.js';
import { toUnsent } from './unsent-queue.js';
import { WebSocketLink } from './web-socket-link.js';

/** With a listener for one of these, the application learns that the client has given up. */
const EVENTS_OF_FAILURE = ['state', 'failure', 'close'] as const;

/**
 * Keeps a connection open. reconnecting() creates it. At most one connection exists at a time.
 *
 *     client.send(data)                           now, or with the next connection
 *     client.on('message', data => …)             the messages of all connections
 *     for await (const connection of client) …    each connection, one after the other
 */
export class ReconnectingClient<C extends Reconnectable = WebSocketConnection> extends EventEmitter<
  ReconnectingEvents<C>
> {
  readonly #url: PerAttempt<string | URL>;
  readonly #settings: ReconnectingSettings<C>;
  readonly #clock: Clock;
  readonly #outgoing: Outgoing;
  readonly #forwarding: Forwarding;
  readonly #nextAttempt: NextAttempt;
  /** Aborted by close(). */
  readonly #closing = new AbortController();
  readonly #closed: Promise<ReconnectingEnd>;
  /** Called after each change that an iterator or drained() waits for. */
  readonly #watchers = new Set<() => void>();
  #state: ReconnectingState = { name: 'connecting', delay: undefined, failure: undefined };
  #failure: ConnectionFailure | undefined;
  #current: Opened<C> | undefined;
  /** Whether the application has asked for the end, by `closed` or by iterating. */
  #isWatched = false;
  #end: ReconnectingEnd | undefined;

  static {
    type Method = (this: ReconnectingClient, ...args: unknown[]) => unknown;
    const methods = EventEmitter.prototype as unknown as Readonly<Record<string, Method>>;
    const { on, prependListener, removeListener, removeAllListeners } = methods;
    /** Passes on messages only while there is a listener for `message`. Until then, the connection keeps them. */
    const observed = (method: Method): Method =>
      function (this: ReconnectingClient, ...args) {
        method.apply(this, args);
        this.#forwarding.update();
        return this;
      };
    const [addListener, remove] = [observed(on!), observed(removeListener!)];
    // Without declarations, as in WebSocketConnection. once() calls on(), and prependOnceListener() prependListener().
    Object.assign(ReconnectingClient.prototype, {
      on: addListener,
      addListener,
      prependListener: observed(prependListener!),
      // The listener of once() is removed by removeListener().
      removeListener: remove,
      off: remove,
      removeAllListeners: observed(removeAllListeners!),
      // EventEmitter calls it if the promise of a listener rejects.
      [captureRejectionSymbol](this: ReconnectingClient, error: unknown, event: string | symbol): void {
        this.#listenerFailed(String(event), error);
      },
    });
  }

  constructor(url: PerAttempt<string | URL>, settings: ReconnectingSettings<C>, clock: Clock) {
    super({ captureRejections: true });
    this.#url = url;
    this.#settings = settings;
    this.#clock = clock;
    this.#outgoing = new Outgoing(settings, {
      dropped: message => this.#emit('dropped', message),
      drained: () => {
        this.#changed();
        this.#emit('drain');
      },
    });
    const failed = (_: unknown, event: string, thrown: unknown) => this.#listenerFailed(event, thrown);
    this.#forwarding = new Forwarding(
      () => this.listenerCount('message') > 0,
      (data, isBinary) => emitTo<ReconnectingClient<C>>(this, failed, 'message', data, isBinary),
    );
    this.#nextAttempt = new NextAttempt(settings, settings.network, clock, delay =>
      this.#setState(delay === undefined ? 'offline' : 'waiting', delay),
    );
    this.#closed = this.#run();
  }

  /** The state of the client. The event `state` follows each change. */
  get state(): ReconnectingState {
    return this.#state;
  }

  /** The connection that is open, or undefined. */
  get connection(): C | undefined {
    return this.#current?.connection;
  }

  /** How many messages wait for a connection, and how many bytes they have. */
  get queued(): { readonly messages: number; readonly bytes: number } {
    const { length, bytes } = this.#outgoing.queue;
    return { messages: length, bytes };
  }

  /** Resolves when the client has ended. Never rejects. */
  get closed(): Promise<ReconnectingEnd> {
    this.#isWatched = true;
    return this.#closed;
  }

  /**
   * Sends a message with the open connection, or queues it for the next one. A message is passed to one connection
   * only, so it is never sent twice. It is lost if that connection is lost before the peer has read it.
   *
   * @returns `true` if the message was taken; `false` if it was taken and the connection is busy, so stop until
   *   drained() or `drain`; `undefined` if it was dropped because the client is closed or the queue is full
   * @throws {TypeError | RangeError} if an argument is wrong
   * @throws {WebSocketError} with the code WS101_BACKPRESSURE if the queue is full and `whenQueueFull` is `'reject'`
   */
  send(data: Sendable, options?: SendOptions): boolean | undefined {
    const message = toUnsent(data, options);
    return this.#isOver ? undefined : this.#outgoing.send(message);
  }

  /**
   * Resolves to true when there is a connection, no message waits, and the connection takes more; to false when the
   * client has ended.
   */
  drained(options: WaitOptions = {}): Promise<boolean> {
    return rejectIfThrown(() => {
      const signal = signalOf(options);
      if (signal?.aborted === true) return promptFailure(signal.reason);
      const answer = () => (this.#isOver ? false : this.#outgoing.isReady || undefined);
      const now = answer();
      return now === undefined ? untilAnswered(signal, done => this.#watch(answer, done)) : promptAnswer(now);
    });
  }

  /** Ends a wait for the next attempt, which begins now. Does nothing in other states. */
  retryNow(): void {
    this.#nextAttempt.skip();
  }

  /**
   * Ends the client. If there is a connection, sends the queued messages, then closes the connection with a closing
   * handshake.
   *
   * @returns how the client ended. If the code must not be sent (RFC 6455 §7.4) or the reason is longer than 123 bytes,
   *   rejects with a TypeError or RangeError, and nothing else happens.
   */
  close(code?: number, reason?: string): Promise<ReconnectingEnd> {
    return rejectIfThrown(() => {
      encodeClosePayload(code, reason);
      if (!this.#isOver) this.#close(code, reason);
      return this.closed;
    });
  }

  #close(code?: number, reason?: string): void {
    this.#outgoing.finish();
    this.#current?.link.close(code, reason);
    this.#closing.abort(new ConnectionLostError('the reconnecting client was closed', 'WS101_TERMINATED'));
    this.#nextAttempt.skip();
    this.#changed();
  }

  /** Closes the client at the end of an `await using` block: close() without a code. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Iterates over the connections, beginning with the one that is open. A connection that ended before the loop
   * requested it is skipped. The loop ends when the application has closed the client, or the peer has closed with
   * 1000. It throws the cause if another failure was not retried.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<C, void, void> {
    this.#isWatched = true;
    let last: C | undefined;
    const next = (): C | ReconnectingEnd | undefined => {
      const connection = this.#current?.connection;
      return connection === undefined || connection === last ? this.#end : connection;
    };
    for (;;) {
      const found = next() ?? (await new Promise<C | ReconnectingEnd>(resolve => void this.#watch(next, resolve)));
      if (found === this.#end) {
        const { failure } = this.#end;
        if (failure === undefined || failure.close?.code === CLOSE_CODE.NORMAL_CLOSURE) return;
        throw errorOf(failure);
      }
      last = found as C;
      yield last;
    }
  }

  get #isOver(): boolean {
    return this.#closing.signal.aborted || this.#end !== undefined;
  }

  // The loop: an attempt, a connection until it ends, a wait

  async #run(): Promise<ReconnectingEnd> {
    // The application adds its listeners first.
    await Promise.resolve();
    const { signal } = this.#settings;
    const stopListening = onAbort(signal, () => void this.close());
    if (signal?.aborted === true) void this.close();
    let retryAfter = 0;
    for (let number = 1; !this.#isOver; number++) {
      await this.#nextAttempt.wait(this.#failure?.failures ?? 0, retryAfter);
      if (this.#isOver) break;
      this.#setState('connecting');
      // A listener may have called close().
      if (this.#isOver) break;
      const cause = await this.#attempt(number);
      if (this.#isOver || !this.#failed(cause)) break;
      retryAfter = cause.retryAfter;
    }
    stopListening();
    this.#nextAttempt.stop();
    return this.#ended(this.#closing.signal.aborted ? undefined : this.#failure);
  }

  /** Makes one attempt, and keeps the connection until it has closed. */
  async #attempt(number: number): Promise<FailureCause> {
    const { attemptTimeout } = this.#settings;
    const abort = new AbortController();
    const cancelTimeout = this.#clock.after(attemptTimeout, () => abort.abort(new AttemptTimeout(attemptTimeout)));
    const stopListening = onAbort(this.#closing.signal, () => abort.abort(this.#closing.signal.reason));
    const opened = await makeAttempt({
      url: this.#url,
      settings: this.#settings,
      attempt: { number, lastFailure: this.#failure, signal: abort.signal },
      opening: link => {
        if (!link.keepsMessages) this.#forwarding.begin(link);
      },
    });
    cancelTimeout();
    stopListening();
    if (!('link' in opened)) {
      this.#forwarding.end();
      if (opened.error instanceof HandlerError) this.#report(opened.error);
      return opened;
    }
    return await this.#use(opened);
  }

  async #use(opened: Opened<C>): Promise<FailureCause> {
    const since = this.#clock.now();
    const { connection, link } = opened;
    this.#current = opened;
    const { heartbeat: options } = this.#settings;
    const heartbeat = options && link instanceof WebSocketLink ? new Heartbeat(link, options, this.#clock) : undefined;
    this.#outgoing.attach(link);
    this.#setState('open');
    this.#emit('open', connection);
    this.#forwarding.begin(link);
    // close() may have been called since the connection was opened.
    if (this.#closing.signal.aborted) link.close();
    const ended = await link.closed;
    heartbeat?.stop();
    this.#current = undefined;
    this.#outgoing.detach();
    this.#forwarding.end();
    if (this.#clock.now() - since >= this.#settings.stableAfter) this.#failure = undefined;
    return connectionEnded(ended);
  }

  /** Notes a failure, and returns whether another attempt follows. */
  #failed(cause: FailureCause): boolean {
    const { kind, error, status, close } = cause;
    this.#failure = { kind, error, status, close, failures: (this.#failure?.failures ?? 0) + 1 };
    const isRetried = this.#isRetried(this.#failure, isRetryable(cause));
    this.#emit('failure', this.#failure, isRetried);
    return isRetried;
  }

  #isRetried(failure: ConnectionFailure, usual: boolean): boolean {
    const { isRetryable } = this.#settings;
    if (isRetryable === undefined) return usual;
    try {
      return booleanAnswer('isRetryable', isRetryable(failure, usual));
    } catch (thrown) {
      this.#report(new HandlerError('isRetryable', thrown, 'option'));
      return usual;
    }
  }

  #ended(failure: ConnectionFailure | undefined): ReconnectingEnd {
    const end = { failure, unsent: this.#outgoing.queue.takeAll() };
    this.#end = end;
    const isWatched = this.#isWatched || EVENTS_OF_FAILURE.some(event => this.listenerCount(event) > 0);
    this.#setState('closed');
    this.#emit('close', end);
    if (failure !== undefined && !isWatched) {
      process.emitWarning(`a reconnecting client has given up: ${messageOf(errorOf(failure))}`, {
        type: 'WebSocketWarning',
        code: 'WS101_GAVE_UP',
        detail: "Listen to 'failure' or 'close', or await client.closed, to learn of it.",
      });
    }
    return end;
  }

  // Events

  #setState(name: ReconnectingState['name'], delay?: number): void {
    this.#state = { name, delay, failure: name === 'open' ? undefined : this.#failure };
    this.#changed();
    this.#emit('state', this.#state);
  }

  #emit<E extends 'state' | 'open' | 'failure' | 'dropped' | 'drain' | 'close'>(
    event: E,
    ...[first, second]: ReconnectingEvents<C>[E]
  ): void {
    const failed = (_: unknown, name: string, thrown: unknown) => this.#listenerFailed(name, thrown);
    emitTo<ReconnectingClient<C>>(this, failed, event, first, second);
  }

  /** Reports the failure of a listener. Its connection ends, because the state of the application may be wrong. */
  #listenerFailed(event: string, thrown: unknown): void {
    const error = new HandlerError(event, thrown);
    if (event === 'message' || event === 'open') this.#current?.link.fail();
    if (event === 'handlerError') warn(error);
    else this.#report(error);
  }

  #report(error: HandlerError): void {
    const unreported = () => warn(error);
    if (!emitTo<ReconnectingClient<C>>(this, unreported, 'handlerError', error)) unreported();
  }

  /** Calls `done` when `answer` returns something. Returns a function that stops waiting. */
  #watch<T>(answer: () => T | undefined, done: (value: T) => void): () => void {
    const check = () => {
      const value = answer();
      if (value === undefined) return;
      this.#watchers.delete(check);
      done(value);
    };
    this.#watchers.add(check);
    return () => void this.#watchers.delete(check);
  }

  #changed(): void {
    for (const check of this.#watchers) check();
  }
}
