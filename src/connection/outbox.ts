import type { Duplex } from 'node:stream';
import { onAbort } from '../abort-signal.js';
import type { BackpressureError } from '../errors.js';
import { isBlob, isThenable, isUint8Array } from '../host-values.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Protocol } from '../protocol/protocol.js';
import type { WireTap } from '../transport/wire-tap.js';
import { BufferCap, type CappedOutput } from './buffer-cap.js';
import { type Flushable, scheduleFlush } from './flush-queue.js';
import { FlushWaits } from './flush-waits.js';
import { JobQueue, type JobQueueOwner } from './job-queue.js';
import type { ConnectionSettings } from './options.js';
import { bytesOfBlob, payloadAs, payloadSize } from './payload.js';
import type { PreparedMessage } from './prepared-message.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';
import { SocketWriter, type WriterOwner } from './socket-writer.js';

export interface OutboxOwner {
  /** Bytes of memory that Pings hold until their Pong comes. */
  readonly heldByPings: number;
  /** Output was handed to the transport. */
  flushed(): void;
  /** Enough has left that send() may go on. */
  drained(): void;
  /** Too much waits to be sent. */
  overflowed(error: BackpressureError): void;
  /** A message that was promised could not be read from its source. */
  sourceFailed(error: unknown): void;
  /** The transport threw when it was written to. */
  writeFailed(error: Error): void;
}

/**
 * What a job, or a piece of output, costs while it waits, beside its own bytes: a million empty messages are not free, and 16 MiB in
 * pieces of 17 KiB hold 370 KiB more.
 */
const OVERHEAD = 256;

/**
 * The way out: keeps the order of messages, has the protocol's output written once per turn of the event loop, and counts what waits.
 *
 *     send() ──▶ jobs (only behind a Blob, a stream, or what is being deflated) ──▶ protocol ──▶ writer ──▶ transport
 *                └───────────────────────────────────── bufferedAmount ─────────────────────────────────────┘
 *
 * Nothing of the caller's memory is kept: a payload is copied before send() returns.
 */
export class Outbox implements Flushable, WriterOwner, JobQueueOwner, CappedOutput {
  readonly writer: SocketWriter;
  readonly #protocol: Protocol;
  readonly #settings: ConnectionSettings;
  readonly #owner: OutboxOwner;
  readonly #deflate: PerMessageDeflate | undefined;
  #cap: BufferCap | undefined;
  #jobs: JobQueue | undefined;
  #isScheduled = false;
  /** Whether the closing handshake has begun: no more messages are taken. */
  #isClosing = false;
  #isEnded = false;
  #owesDrain = false;
  #streamWaiting: ((isOpen: boolean) => void) | undefined;
  #waiting: Set<(isOpen: boolean) => void> | undefined;
  #flushWaits: FlushWaits | undefined;
  /** Whether all that was sent had left when the connection closed. */
  #hasLeftAll = false;

  constructor(
    socket: Duplex,
    protocol: Protocol,
    settings: ConnectionSettings,
    owner: OutboxOwner,
    copiesWrites: boolean,
    tap: WireTap | undefined,
    deflate: PerMessageDeflate | undefined,
  ) {
    this.writer = new SocketWriter(socket, protocol, this, copiesWrites, tap);
    this.#protocol = protocol;
    this.#settings = settings;
    this.#owner = owner;
    this.#deflate = deflate;
  }

  /** Bytes that wait: behind a Blob or a stream, as frames, and in the transport. */
  get bufferedAmount(): number {
    return (this.#jobs?.size ?? 0) + this.writer.inTransit;
  }

  get held(): number {
    const entries = (this.#jobs?.length ?? 0) + this.#protocol.outputPieces;
    return this.bufferedAmount + OVERHEAD * entries + this.#owner.heldByPings;
  }

  get taken(): number {
    return this.writer.taken;
  }

  get pace(): string {
    return this.writer.pace;
  }

  get #isAboveMark(): boolean {
    return this.bufferedAmount > this.#settings.highWaterMark;
  }

  /** Whether one more message may be queued. If not, the connection has ended. */
  admits(): boolean {
    if (this.#isClosing) return false;
    if (this.#cap === undefined && this.held <= this.#settings.maxBufferedAmount) return true;
    return this.#makeCap().admits();
  }

  #makeCap(): BufferCap {
    this.#cap ??= new BufferCap(this.#settings, this, error => this.#owner.overflowed(error));
    return this.#cap;
  }

  /**
   * Sends a message after all that were sent before. Returns true, or false if more than the high-water mark now waits, or undefined if
   * the message was dropped because the connection takes no more.
   */
  send(
    payload: string | Uint8Array | Blob | PreparedMessage,
    isText: boolean = typeof payload === 'string',
    mayCompress = true,
  ): boolean | undefined {
    if (!this.admits()) return undefined;
    if (!isHere(payload) && isBlob(payload)) {
      const read = async () => payloadAs(await bytesOfBlob(payload), isText);
      this.enqueue(payload.size, async () => this.#hand(await read(), isText, mayCompress));
    } else if (this.#hasJobs) {
      // The caller may write to its memory again as soon as this returns.
      const kept = isUint8Array(payload) ? new Uint8Array(payload) : payload;
      this.enqueue(payloadSize(kept), () => this.#hand(kept, isText, mayCompress));
    } else {
      const deflating = this.#hand(payload, isText, mayCompress);
      if (deflating === undefined) this.requestFlush();
      else this.enqueue(payloadSize(payload), () => deflating);
    }
    return this.#mayGoOn();
  }

  /** Sends a Ping. Returns false if the connection no longer takes one. */
  ping(payload: Uint8Array): boolean {
    if (!this.admits() || !this.#protocol.ping(payload)) return false;
    this.requestFlush();
    return true;
  }

  /** Sends a Pong that answers no Ping, if the connection still takes one. */
  pong(payload: Uint8Array): void {
    if (this.admits() && this.#protocol.pong(payload)) this.requestFlush();
  }

  get #hasJobs(): boolean {
    return this.#jobs !== undefined && this.#jobs.length > 0;
  }

  /** Gives a message to the protocol, compressed where that was agreed and is worth it. The promise is for one that takes its time. */
  #hand(
    payload: string | Uint8Array | PreparedMessage,
    isText: boolean,
    mayCompress: boolean,
  ): Promise<void> | undefined {
    if (!isHere(payload)) return this.#handPrepared(payload, mayCompress);
    if (!mayCompress || this.#deflate?.compresses(payloadSize(payload)) !== true) {
      this.#protocol.send(payload, isText);
      return undefined;
    }
    // A copy, since the caller may write to its memory again as soon as send() returns.
    const deflated = this.#deflate.deflate(
      typeof payload === 'string' ? Buffer.from(payload, 'utf8') : Buffer.from(payload),
    );
    if (!isThenable(deflated)) {
      this.#protocol.sendCompressed(deflated, isText);
      return undefined;
    }
    return deflated.then(bytes => {
      if (bytes !== undefined) this.#protocol.sendCompressed(bytes, isText);
    });
  }

  #handPrepared(message: PreparedMessage, mayCompress: boolean): Promise<void> | undefined {
    const protocol = this.#protocol;
    const isCompressible = mayCompress && message.mayCompress;
    const isCompressed = isCompressible && this.#deflate?.compresses(message.size) === true;
    const standalone = isCompressed ? this.#deflate?.standalone : undefined;
    // A client masks what it sends, and where a context is taken over, what a message deflates to depends on those before it.
    if (protocol.role === 'client' || (isCompressed && standalone === undefined)) {
      return this.#hand(message.payload, message.isText, isCompressible);
    }
    const frame = standalone === undefined ? message.frame : message.compressedFrame(standalone);
    if (isThenable(frame)) return frame.then(bytes => void protocol.sendEncoded(bytes));
    protocol.sendEncoded(frame);
    return undefined;
  }

  /** Sends a fragment of the message whose job is running. Gives false where the connection no longer takes it. */
  sendFragment(data: string | Uint8Array, fin: boolean): boolean {
    const sent = this.#protocol.sendFragment(data, fin);
    this.requestFlush();
    return sent;
  }

  /**
   * Whether messages that send() took are not frames yet: being deflated, or read from a Blob. Where a stream is among them they do
   * not count, since nobody knows how long that takes.
   */
  get owesMessages(): boolean {
    return this.#hasJobs && !this.#jobs!.hasDroppable;
  }

  /** Whether everything that could be sent has left, and messages before our Close frame are still being compressed or read. */
  get isPreparing(): boolean {
    return this.#hasJobs && this.writer.inTransit === 0;
  }

  /** Starts, or answers, the closing handshake behind all messages that were sent before. */
  close(code: number | undefined, reason: string | undefined): void {
    const close = () => this.#protocol.close(code, reason);
    if (this.#hasJobs) this.enqueue(0, close);
    else close();
    this.requestFlush();
  }

  /**
   * Has `run` called when everything before it is on its way, and lets nothing pass until the promise that it gives settles.
   *
   * @param drop called where its turn will never come, or the connection ends while it runs
   */
  enqueue(size: number, run: () => unknown, drop?: () => void): void {
    this.#jobs ??= new JobQueue(this);
    this.#jobs.add({ size, run, drop });
    // The cap is judged once a turn.
    this.requestFlush();
  }

  jobDone(): void {
    this.requestFlush();
  }

  jobFailed(error: unknown): void {
    this.#owner.sourceFailed(error);
  }

  /** Resolves true when no more than the high-water mark waits, false as soon as the connection is no longer open. */
  drained(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isClosing) return promptAnswer(false);
    if (this.#mayGoOn()) return promptAnswer(true);
    return new Promise((resolve, reject) => {
      this.#waiting ??= new Set();
      const waiting = this.#waiting;
      const answer = (isOpen: boolean) => {
        stopListening();
        resolve(isOpen);
      };
      const stopListening = onAbort(signal, () => {
        waiting.delete(answer);
        reject(signal?.reason);
      });
      waiting.add(answer);
    });
  }

  /** Resolves true when all that was sent so far has left, false if the connection closes first. */
  flushed(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isEnded) return promptAnswer(this.#hasLeftAll);
    if (!this.#hasJobs && this.writer.position === this.writer.taken) return promptAnswer(true);
    return new Promise((resolve, reject) => {
      this.#flushWaits ??= new FlushWaits();
      const waits = this.#flushWaits;
      const wait = waits.add(this.#hasJobs ? undefined : this.writer.position, haveLeft => {
        stopListening();
        resolve(haveLeft);
      });
      const stopListening = onAbort(signal, () => {
        waits.delete(wait);
        reject(signal?.reason);
      });
      if (wait.position !== undefined) return;
      this.enqueue(0, () => {
        wait.position = this.writer.position;
      });
    });
  }

  /**
   * Like drained(), for the message whose job is running: what has queued up behind it does not count, since that waits for it.
   */
  flowing(): Promise<boolean> {
    if (this.#isInTransitAboveMark) this.flush();
    if (!this.#isInTransitAboveMark) return promptAnswer(true);
    return new Promise(resolve => {
      this.#streamWaiting = resolve;
    });
  }

  get #isInTransitAboveMark(): boolean {
    return this.writer.inTransit > this.#settings.highWaterMark;
  }

  /** Has flush() called at the end of this turn of the event loop. */
  requestFlush(): void {
    if (this.#isScheduled || this.#isEnded) return;
    this.#isScheduled = true;
    scheduleFlush(this);
  }

  /** The flush that was asked for by requestFlush(). */
  flushScheduled(): void {
    this.#isScheduled = false;
    this.flush();
    // A connection needs a cap only once something stays behind.
    if (this.#cap !== undefined || this.writer.isBlocked || this.#hasJobs) this.#makeCap().turnEnded();
    this.#settle();
  }

  written(): void {
    this.#cap?.progressed();
    this.#owner.flushed();
    this.#settle();
  }

  writeFailed(error: Error): void {
    this.#owner.writeFailed(error);
  }

  /** Has the protocol's output written, as far as the transport takes it. */
  flush(): void {
    if (this.#isEnded) return;
    this.writer.flush();
    this.#owner.flushed();
  }

  /** Whether send() may go on. What this turn has gathered is flushed before the answer is no. */
  #mayGoOn(): boolean {
    if (!this.#isAboveMark) return true;
    this.flush();
    if (!this.#isAboveMark) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Tells those who wait that enough has left. Never within a send(). */
  #settle(): void {
    this.#flushWaits?.left(this.writer.taken);
    if (!this.#isInTransitAboveMark) this.#answerStream(true);
    if (!this.#owesDrain || this.#isAboveMark || this.#isClosing) return;
    this.#owesDrain = false;
    this.#answerWaiting(true);
    this.#owner.drained();
  }

  #answerStream(isOpen: boolean): void {
    const answer = this.#streamWaiting;
    this.#streamWaiting = undefined;
    answer?.(isOpen);
  }

  #answerWaiting(isOpen: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const answer of waiting ?? []) answer(isOpen);
  }

  /** The closing handshake has begun: what was sent still leaves, and no more is taken. */
  stopTaking(): void {
    this.#isClosing = true;
    this.#answerWaiting(false);
  }

  /** The connection is closed: nothing leaves any more. */
  end(): void {
    this.stopTaking();
    this.#isEnded = true;
    this.#hasLeftAll = !this.#hasJobs && this.writer.position === this.writer.taken;
    this.#flushWaits?.end(this.writer.taken);
    this.#cap?.end();
    this.#jobs?.end();
    this.writer.end();
    this.#answerStream(false);
  }
}

/** Whether it is a text, or bytes. */
function isHere(payload: string | Uint8Array | Blob | PreparedMessage): payload is string | Uint8Array {
  return typeof payload === 'string' || ArrayBuffer.isView(payload);
}
