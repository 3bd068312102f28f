import {
  payloadAs,
  payloadSize,
  type Sendable,
  type SendOptions,
  sendModeOf,
  toPayload,
} from '../../connection/payload.js';
import { WebSocketError } from '../../errors.js';
import { Fifo } from '../../fifo.js';
import { isBlob, isUint8Array } from '../../host-values.js';

/** A message that has not been sent. */
export interface UnsentMessage {
  readonly data: string | Uint8Array | Blob;
  readonly options: SendOptions | undefined;
}

/** The treatment of a new message if the queue is full. */
export type QueuePolicy = 'reject' | 'drop-oldest' | 'keep';

/** The bounds of the queue. */
export interface QueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  readonly whenQueueFull: QueuePolicy;
}

/**
 * Checks the arguments of send(), for a message that may be sent later.
 *
 * @throws {TypeError | RangeError} as WebSocketConnection.send() does
 */
export function toUnsent(data: Sendable, options: SendOptions | undefined): UnsentMessage {
  const payload = toPayload(data);
  if (options === undefined) return { data: payload, options };
  const { isText } = sendModeOf(options, typeof payload === 'string');
  if (!isBlob(payload)) payloadAs(payload, isText);
  return { data: payload, options: { ...options } };
}

/** The messages that wait for a connection, in the order of send(). */
export class UnsentQueue {
  readonly #limits: QueueLimits;
  readonly #messages = new Fifo<UnsentMessage>();
  readonly #dropped: (message: UnsentMessage) => void;
  #bytes = 0;

  /** @param dropped called with each old message that makes room for a new one */
  constructor(limits: QueueLimits, dropped: (message: UnsentMessage) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** How many bytes the messages have. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a copy of a message.
   *
   * @returns whether it was added
   * @throws {WebSocketError} with the code WS101_BACKPRESSURE if the queue is full and the policy is `'reject'`
   */
  push(message: UnsentMessage): boolean {
    const size = payloadSize(message.data);
    const dropped = this.#makeRoom(size);
    if (dropped === undefined) return false;
    const { data, options } = message;
    // The caller may reuse the memory when send() returns.
    this.#messages.push({ data: isUint8Array(data) ? Uint8Array.from(data) : data, options });
    this.#bytes += size;
    // Last, because a listener may call send(), and its message follows this one.
    for (const old of dropped) this.#dropped(old);
    return true;
  }

  /** Returns the messages that it removed to make room, or undefined if there is no room. */
  #makeRoom(size: number): UnsentMessage[] | undefined {
    const { maxQueuedMessages, maxQueuedBytes, whenQueueFull } = this.#limits;
    const hasRoom = () => this.length < maxQueuedMessages && this.#bytes + size <= maxQueuedBytes;
    if (hasRoom()) return [];
    if (whenQueueFull === 'reject') {
      throw new WebSocketError(
        `the message has ${size} bytes, and ${this.length} messages of ${this.#bytes} bytes wait for a connection: ` +
          `that exceeds maxQueuedMessages (${maxQueuedMessages}) or maxQueuedBytes (${maxQueuedBytes})`,
        'WS101_BACKPRESSURE',
        'caller',
      );
    }
    // A message that can never fit must not empty the queue.
    if (whenQueueFull === 'keep' || maxQueuedMessages === 0 || size > maxQueuedBytes) return undefined;
    const dropped: UnsentMessage[] = [];
    while (!hasRoom()) dropped.push(this.shift()!);
    return dropped;
  }

  /** Returns the oldest message, or undefined if there is none. */
  peek(): UnsentMessage | undefined {
    return this.#messages.peek();
  }

  /** Removes and returns the oldest message, or returns undefined if there is none. */
  shift(): UnsentMessage | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#bytes -= payloadSize(message.data);
    return message;
  }

  /** Removes and returns all messages, oldest first. */
  takeAll(): UnsentMessage[] {
    this.#bytes = 0;
    return this.#messages.takeAll();
  }
}
