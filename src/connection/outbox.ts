import type { Duplex } from 'node:stream';
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
import { untilAnswered } from './wait.js';

export interface OutboxOwner {
  /** How much memory the waiting Pings hold, in bytes. */
  readonly heldByPings: number;
  /** Output was handed to the transport. */
  flushed(): void;
  /** No more than the high-water mark waits, after send() returned false. */
  drained(): void;
  /** More waits to be sent than the cap allows. */
  overflowed(error: BackpressureError): void;
  /** A message could not be read from its Blob or stream. */
  sourceFailed(error: unknown): void;
  /** The transport threw when it was written to. */
  writeFailed(error: Error): void;
}

/**
 * How much memory a waiting job or piece of output takes besides its bytes. A million empty messages are not free, and
 * 16 MiB in pieces of 17 KiB take 370 KiB more.
 */
const OVERHEAD = 256;

/**
 * Sends messages in order, writes the protocol's output once per turn of the event loop, and counts what waits.
 *
 *     send() ──▶ jobs (only after a Blob, a stream, or a message that is being deflated) ──▶ protocol ──▶ writer ──▶ transport
 *                └──────────────────────────────────── bufferedAmount ───────────────────────────────────────────┘
 *
 * Payloads are copied before send() returns, so the caller may reuse their memory.
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

  /** How many bytes wait: in jobs, as frames, and in the transport. */
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
   * Sends a message after all earlier ones. Returns true, or false if more than the high-water mark now waits, or
   * undefined if the message was dropped because the connection takes no more.
   */
  send(
    payload: string | Uint8Array | Blob | PreparedMessage,
    isText: boolean = typeof payload === 'string',
    mayCompress = true,
  ): boolean | undefined {
    if (!this.admits()) return undefined;
    if (!isTextOrBytes(payload) && isBlob(payload)) {
      const read = async () => payloadAs(await bytesOfBlob(payload), isText);
      this.enqueue(payload.size, async () => this.#hand(await read(), isText, mayCompress));
    } else if (this.#hasJobs) {
      // A copy, because the caller may reuse its memory when this returns.
      const kept = isUint8Array(payload) ? new Uint8Array(payload) : payload;
      this.enqueue(payloadSize(kept), () => this.#hand(kept, isText, mayCompress));
    } else {
      const deflating = this.#hand(payload, isText, mayCompress);
      if (deflating === undefined) this.requestFlush();
      else this.enqueue(payloadSize(payload), () => deflating);
    }
    return this.#isBelowMark();
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

  /**
   * Passes a message to the protocol, compressed if that was negotiated and is worth it. Returns a promise if
   * compressing takes time.
   */
  #hand(
    payload: string | Uint8Array | PreparedMessage,
    isText: boolean,
    mayCompress: boolean,
  ): Promise<void> | undefined {
    if (!isTextOrBytes(payload)) return this.#handPrepared(payload, mayCompress);
    if (!mayCompress || this.#deflate?.compresses(payloadSize(payload)) !== true) {
      this.#protocol.send(payload, isText);
      return undefined;
    }
    // A copy, because the caller may reuse its memory when send() returns.
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
    // A client masks each frame with a key of its own. With context takeover, the compressed bytes depend on earlier
    // messages.
    if (protocol.role === 'client' || (isCompressed && standalone === undefined)) {
      return this.#hand(message.payload, message.isText, isCompressible);
    }
    const frame = standalone === undefined ? message.frame : message.compressedFrame(standalone);
    if (isThenable(frame)) return frame.then(bytes => void protocol.sendEncoded(bytes));
    protocol.sendEncoded(frame);
    return undefined;
  }

  /** Sends a fragment of the message whose job is running. Returns false if the connection no longer takes it. */
  sendFragment(data: string | Uint8Array, fin: boolean): boolean {
    const sent = this.#protocol.sendFragment(data, fin);
    this.requestFlush();
    return sent;
  }

  /**
   * Whether messages that send() took are still being deflated or read from a Blob. False if there is a stream among
   * them, because a stream may take any time.
   */
  get owesMessages(): boolean {
    return this.#hasJobs && !this.#jobs!.hasDroppable;
  }

  /**
   * Whether everything that could be sent has left, and messages before our Close frame are still being compressed or
   * read.
   */
  get isPreparing(): boolean {
    return this.#hasJobs && this.writer.inTransit === 0;
  }

  /** Starts or answers the closing handshake, after all earlier messages. */
  close(code: number | undefined, reason: string | undefined): void {
    const close = () => this.#protocol.close(code, reason);
    if (this.#hasJobs) this.enqueue(0, close);
    else close();
    this.requestFlush();
  }

  /**
   * Calls `run` when all earlier jobs are done. Later messages wait until its promise settles.
   *
   * @param drop called if `run` will never be called, and if the connection ends while the job runs
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

  /** Resolves to true when no more than the high-water mark waits, to false when the connection is no longer open. */
  drained(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isClosing) return promptAnswer(false);
    if (this.#isBelowMark()) return promptAnswer(true);
    return untilAnswered(signal, answer => {
      this.#waiting ??= new Set();
      const waiting = this.#waiting.add(answer);
      return () => waiting.delete(answer);
    });
  }

  /** Resolves to true when everything that was sent so far has left, to false if the connection closes first. */
  flushed(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isEnded) return promptAnswer(this.#hasLeftAll);
    if (!this.#hasJobs && this.writer.position === this.writer.taken) return promptAnswer(true);
    return untilAnswered(signal, answer => {
      this.#flushWaits ??= new FlushWaits();
      const waits = this.#flushWaits;
      const wait = waits.add(this.#hasJobs ? undefined : this.writer.position, answer);
      if (wait.position === undefined) {
        this.enqueue(0, () => {
          wait.position = this.writer.position;
        });
      }
      return () => waits.delete(wait);
    });
  }

  /**
   * Does the same as drained() for the message whose job is running. Later messages do not count, because they wait for
   * this one.
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

  /** Calls flush() at the end of this turn of the event loop. */
  requestFlush(): void {
    if (this.#isScheduled || this.#isEnded) return;
    this.#isScheduled = true;
    scheduleFlush(this);
  }

  /** Carries out the flush that requestFlush() scheduled. */
  flushScheduled(): void {
    this.#isScheduled = false;
    this.flush();
    // A connection needs a cap only when output remains.
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

  /** Writes as much of the protocol's output as the transport takes. */
  flush(): void {
    if (this.#isEnded) return;
    this.writer.flush();
    this.#owner.flushed();
  }

  /** Whether no more than the high-water mark waits. Flushes before it returns false. */
  #isBelowMark(): boolean {
    if (!this.#isAboveMark) return true;
    this.flush();
    if (!this.#isAboveMark) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Answers the waits for which enough has left. Never called within send(). */
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

  /** Takes no more messages, because the closing handshake has begun. Earlier messages still leave. */
  stopTaking(): void {
    this.#isClosing = true;
    this.#answerWaiting(false);
  }

  /** Drops all output, because the connection has closed. */
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

/** Whether a payload is text or bytes, as opposed to a Blob or a PreparedMessage. */
function isTextOrBytes(payload: string | Uint8Array | Blob | PreparedMessage): payload is string | Uint8Array {
  return typeof payload === 'string' || ArrayBuffer.isView(payload);
}
