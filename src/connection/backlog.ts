import type { Duplex } from 'node:stream';
import type { BackpressureError } from '../errors.js';
import type { Protocol } from '../protocol/protocol.js';
import { type Flushable, scheduleFlush } from '../transport/flush-queue.js';
import type { WireTap } from '../transport/wire-tap.js';
import { BufferCap, type CappedOutput } from './buffer-cap.js';
import { DrainWaits } from './drain-waits.js';
import { FlushWaits } from './flush-waits.js';
import { JobQueue, type JobQueueOwner } from './job-queue.js';
import type { ConnectionSettings } from './options.js';
import { promptAnswer, promptFailure } from './prompt-answer.js';
import { SocketWriter, type WriterOwner } from './socket-writer.js';
import { untilAnswered } from './wait.js';

export interface BacklogOwner {
  /** How much memory the waiting Pings hold, in bytes. */
  readonly heldByPings: number;
  /** Output has been handed to the transport. */
  flushed(): void;
  /** At most `highWaterMark` bytes wait, after send() had returned false. */
  drained(): void;
  /** More bytes wait to be sent than the cap allows. */
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
 * Counts everything that waits to be sent, and writes it once per turn of the event loop.
 *
 *     jobs ──▶ frames in the protocol ──▶ writer ──▶ transport
 *     └───────────────── bufferedAmount ─────────────────────┘
 *
 * If more waits than the high-water mark, send() returns false, and `drain` follows. If more waits than the cap, the
 * connection ends.
 */
export class Backlog implements Flushable, WriterOwner, JobQueueOwner, CappedOutput {
  readonly writer: SocketWriter;
  readonly #protocol: Protocol;
  readonly #settings: ConnectionSettings;
  readonly #owner: BacklogOwner;
  #cap: BufferCap | undefined;
  #jobs: JobQueue | undefined;
  #isScheduled = false;
  /** Whether the closing handshake has begun: no more messages are taken. */
  #isClosing = false;
  #isEnded = false;
  #owesDrain = false;
  #drainWaits: DrainWaits | undefined;
  #flushWaits: FlushWaits | undefined;
  /** Whether everything that was sent had left when the connection closed. */
  #hasLeftAll = false;

  constructor(
    socket: Duplex,
    protocol: Protocol,
    settings: ConnectionSettings,
    owner: BacklogOwner,
    copiesWrites: boolean,
    tap: WireTap | undefined,
  ) {
    this.writer = new SocketWriter(socket, protocol, this, copiesWrites, tap);
    this.#protocol = protocol;
    this.#settings = settings;
    this.#owner = owner;
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

  // Jobs

  /** Whether messages wait for their bytes, or for earlier messages that do. */
  get hasJobs(): boolean {
    return this.#jobs !== undefined && this.#jobs.length > 0;
  }

  /**
   * Whether messages that send() took are still being deflated or read from a Blob. False if there is a stream among
   * them, because a stream may take any time.
   */
  get owesMessages(): boolean {
    return this.hasJobs && !this.#jobs!.hasDroppable;
  }

  /**
   * Whether everything that could be sent has left, and messages before our Close frame are still being compressed or
   * read.
   */
  get isPreparing(): boolean {
    return this.hasJobs && this.writer.inTransit === 0;
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

  // Waiting for output to leave

  /** Resolves to true when at most `highWaterMark` bytes wait, or to false when the connection is no longer open. */
  drained(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isClosing) return promptAnswer(false);
    if (this.isBelowMark()) return promptAnswer(true);
    this.#drainWaits ??= new DrainWaits();
    return this.#drainWaits.add(signal);
  }

  /** Resolves to true when everything that was sent so far has left, or to false if the connection closes first. */
  flushed(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return promptFailure(signal.reason);
    if (this.#isEnded) return promptAnswer(this.#hasLeftAll);
    if (!this.hasJobs && this.writer.position === this.writer.taken) return promptAnswer(true);
    return untilAnswered(signal, answer => {
      this.#flushWaits ??= new FlushWaits();
      const waits = this.#flushWaits;
      const wait = waits.add(this.hasJobs ? undefined : this.writer.position, answer);
      if (wait.position === undefined) {
        this.enqueue(0, () => {
          wait.position = this.writer.position;
        });
      }
      return () => waits.delete(wait);
    });
  }

  /**
   * Works like drained(), for the message whose job is running. Later messages do not count, because they wait for this
   * one.
   */
  flowing(): Promise<boolean> {
    if (this.#isInTransitAboveMark) this.flush();
    if (!this.#isInTransitAboveMark) return promptAnswer(true);
    this.#drainWaits ??= new DrainWaits();
    return this.#drainWaits.addStream();
  }

  get #isInTransitAboveMark(): boolean {
    return this.writer.inTransit > this.#settings.highWaterMark;
  }

  // Writing

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
    if (this.#cap !== undefined || this.writer.isBlocked || this.hasJobs) this.#makeCap().turnEnded();
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

  /** Whether at most `highWaterMark` bytes wait. Flushes before it returns false. */
  isBelowMark(): boolean {
    if (!this.#isAboveMark) return true;
    this.flush();
    if (!this.#isAboveMark) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Resolves the promises for which enough has left. Never called within send(). */
  #settle(): void {
    this.#flushWaits?.left(this.writer.taken);
    if (!this.#isInTransitAboveMark) this.#drainWaits?.streamFlows(true);
    if (!this.#owesDrain || this.#isAboveMark || this.#isClosing) return;
    this.#owesDrain = false;
    this.#drainWaits?.drained(true);
    this.#owner.drained();
  }

  // The end

  /** Takes no more messages, because the closing handshake has begun. Earlier messages still leave. */
  stopTaking(): void {
    this.#isClosing = true;
    this.#drainWaits?.drained(false);
  }

  /** Drops all output, because the connection has closed. */
  end(): void {
    this.stopTaking();
    this.#isEnded = true;
    this.#hasLeftAll = !this.hasJobs && this.writer.position === this.writer.taken;
    this.#flushWaits?.end(this.writer.taken);
    this.#cap?.end();
    this.#jobs?.end();
    this.writer.end();
    this.#drainWaits?.streamFlows(false);
  }
}
