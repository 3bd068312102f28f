import type { Duplex } from 'node:stream';
import { onAbort } from '../abort-signal.js';
import { BackpressureError } from '../errors.js';
import type { PermessageDeflate } from '../extensions/permessage-deflate/index.js';
import { releaseOutput } from '../framing/output-buffer.js';
import { isBlob, isThenable, isUint8Array } from '../host-values.js';
import type { Protocol } from '../protocol/protocol.js';
import { type Flushable, scheduleFlush } from './flush-queue.js';
import type { ConnectionSettings } from './options.js';
import { payloadSize } from './payload.js';
import type { PreparedMessage } from './prepared-message.js';
import type { WireTap } from './wire-tap.js';

export interface OutboxOwner {
  /** Output was handed to the socket. */
  flushed(): void;
  /** Enough has left that send() may go on. */
  drained(): void;
  /** Too much waits for a peer that does not read. */
  overflowed(error: BackpressureError): void;
  /** A message that was promised could not be read from where it should have come. */
  sourceFailed(error: unknown): void;
}

/** Something to send that may have to wait for its turn, or for its own bytes. */
interface Job {
  /** Bytes that it keeps waiting. */
  readonly size: number;
  run(): unknown;
  /** Called where its turn will never come, or the connection ends while it runs. */
  readonly drop: (() => void) | undefined;
}

/**
 * What a job, or a piece of output, costs while it waits, beside its own bytes: a million empty messages are not for free, and 16 MiB in
 * pieces of 17 KiB hold 370 KiB more.
 */
const OVERHEAD = 256;

const NO_BYTES = new Uint8Array(0);

/**
 * The way out: keeps the order of messages, hands the protocol's output to the socket once a turn of the event loop, and counts what
 * waits.
 *
 *     send() ──▶ jobs (only behind a Blob, a stream, or what is being deflated) ──▶ protocol ──▶ flush() ──▶ socket
 *                └──────────────────────────────────── bufferedAmount ────────────────────────────────────┘
 */
export class Outbox implements Flushable {
  readonly #socket: Duplex;
  readonly #protocol: Protocol;
  readonly #settings: ConnectionSettings;
  readonly #owner: OutboxOwner;
  readonly #tap: WireTap | undefined;
  readonly #deflate: PermessageDeflate | undefined;
  /** Whether the socket is done with our memory when it says that it is. Another Duplex may still hand it on to its reader. */
  readonly #recycles: boolean;
  #isScheduled = false;
  #isEnded = false;
  #owesDrain = false;
  #jobs: Job[] | undefined;
  #jobSize = 0;
  #streamWaiting: ((isOpen: boolean) => void) | undefined;
  #waiting: Set<(isOpen: boolean) => void> | undefined;
  #onWritten: (() => void) | undefined;

  constructor(
    socket: Duplex,
    protocol: Protocol,
    settings: ConnectionSettings,
    owner: OutboxOwner,
    recycles: boolean,
    tap: WireTap | undefined,
    deflate: PermessageDeflate | undefined,
  ) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#settings = settings;
    this.#owner = owner;
    this.#recycles = recycles;
    this.#tap = tap;
    this.#deflate = deflate;
  }

  /** Bytes that wait: behind a Blob or a stream, as frames, and in the socket. */
  get bufferedAmount(): number {
    return this.#jobSize + this.inTransit;
  }

  /** Bytes that wait for nothing but the peer. */
  get inTransit(): number {
    return this.#protocol.outputLength + this.#socket.writableLength;
  }

  get #isAboveMark(): boolean {
    return this.bufferedAmount > this.#settings.highWaterMark;
  }

  /** Sends a message behind all that were sent before. Gives false where more than the high-water mark now waits. */
  send(payload: string | Uint8Array | Blob | PreparedMessage): boolean {
    const entries = (this.#jobs?.length ?? 0) + this.#protocol.outputPieces;
    const waiting = this.bufferedAmount + OVERHEAD * entries;
    if (waiting > this.#settings.maxBufferedAmount) {
      this.#owner.overflowed(new BackpressureError(waiting, this.#settings.maxBufferedAmount));
      return false;
    }
    if (!isHere(payload) && isBlob(payload)) {
      this.enqueue(payload.size, async () => this.#hand(new Uint8Array(await payload.arrayBuffer())));
    } else if (this.#jobs !== undefined) {
      // The caller may write to its memory again as soon as this returns.
      const kept = isUint8Array(payload) ? new Uint8Array(payload) : payload;
      this.enqueue(payloadSize(kept), () => this.#hand(kept));
    } else {
      const deflating = this.#hand(payload);
      if (deflating === undefined) this.requestFlush();
      else this.enqueue(payloadSize(payload), () => deflating);
    }
    return this.#mayGoOn();
  }

  /** Gives a message to the protocol, compressed where that was agreed and is worth it. The promise is for one that takes its time. */
  #hand(payload: string | Uint8Array | PreparedMessage): Promise<void> | undefined {
    if (!isHere(payload)) return this.#handPrepared(payload);
    if (this.#deflate?.compresses(payloadSize(payload)) !== true) {
      this.#protocol.send(payload);
      return undefined;
    }
    const isText = typeof payload === 'string';
    // A copy, since the caller may write to its memory again as soon as send() returns.
    const deflated = this.#deflate.deflate(isText ? Buffer.from(payload, 'utf8') : Buffer.from(payload));
    if (!isThenable(deflated)) {
      this.#protocol.sendCompressed(deflated, isText);
      return undefined;
    }
    return deflated.then(bytes => {
      if (bytes !== undefined) this.#protocol.sendCompressed(bytes, isText);
    });
  }

  #handPrepared(message: PreparedMessage): Promise<void> | undefined {
    const protocol = this.#protocol;
    const isCompressed = this.#deflate?.compresses(message.size) === true;
    const standalone = isCompressed ? this.#deflate?.standalone : undefined;
    // A client masks what it sends, and where a context is taken over, what a message deflates to depends on those before it.
    if (protocol.role === 'client' || (isCompressed && standalone === undefined)) return this.#hand(message.payload);
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
    return this.#jobs?.every(job => job.drop === undefined) === true;
  }

  /** Starts, or answers, the closing handshake behind all messages that were sent before. */
  close(code: number | undefined, reason: string | undefined): void {
    const close = () => this.#protocol.close(code, reason);
    if (this.#jobs !== undefined) this.enqueue(0, close);
    else close();
    this.requestFlush();
  }

  /**
   * Has `run` called when everything before it is on its way, and lets nothing pass until the promise that it gives settles.
   *
   * @param drop called where its turn will never come, or the connection ends while it runs
   */
  enqueue(size: number, run: () => unknown, drop?: () => void): void {
    this.#jobSize += size;
    const job = { size, run, drop };
    if (this.#jobs !== undefined) {
      this.#jobs.push(job);
      return;
    }
    this.#jobs = [job];
    void this.#runJobs(this.#jobs);
  }

  async #runJobs(jobs: Job[]): Promise<void> {
    for (let job = jobs[0]; job !== undefined; job = jobs[0]) {
      try {
        await job.run();
      } catch (error) {
        // Nothing follows a gap: what came behind a message that was cut off would be taken for more of it.
        this.#drop(jobs.splice(1));
        if (!this.#isEnded) this.#owner.sourceFailed(error);
      }
      if (this.#isEnded) return;
      this.#jobSize -= job.size;
      jobs.shift();
      this.requestFlush();
    }
    this.#jobs = undefined;
  }

  #drop(jobs: Job[]): void {
    for (const job of jobs) {
      this.#jobSize -= job.size;
      job.drop?.();
    }
  }

  /** Resolves true when no more than the high-water mark waits, false when the connection is closed. */
  drained(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#isEnded) return Promise.resolve(false);
    if (this.#mayGoOn()) return Promise.resolve(true);
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

  /**
   * Like drained(), for the message whose job is running: what has queued up behind it does not count, since that waits for it.
   */
  flowing(): Promise<boolean> {
    if (this.inTransit > this.#settings.highWaterMark) this.flush();
    if (this.inTransit <= this.#settings.highWaterMark) return Promise.resolve(true);
    return new Promise(resolve => {
      this.#streamWaiting = resolve;
    });
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
    this.#settle();
  }

  /** What was handed to the socket has left: hands on what has gathered meanwhile. */
  socketDrained(): void {
    this.flush();
    this.#settle();
  }

  /** Hands what the protocol has to say to the socket, in one write, unless the socket still has enough. */
  flush(): void {
    const socket = this.#socket;
    if (this.#isEnded || !socket.writable || socket.writableNeedDrain) return;
    const pieces = this.#protocol.takeOutput();
    if (pieces.length > 0) this.#write(pieces);
    this.#owner.flushed();
  }

  #write(pieces: Uint8Array[]): void {
    const socket = this.#socket;
    const last = pieces.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i <= last; i++) {
      const piece = pieces[i]!;
      this.#tap?.sent(piece);
      // A callback costs as much as all else that is done here, so it is for those writes alone that somebody may come to wait for.
      const isFew = socket.writableLength + piece.length <= this.#settings.highWaterMark;
      if (i < last || (isFew && !this.#owesDrain)) socket.write(piece);
      else socket.write(piece, this.#writtenCallback);
    }
    if (last > 0) socket.uncork();
    // Where nothing waits in the socket, the kernel has its copy of every piece.
    if (this.#recycles && socket.writableLength === 0) pieces.forEach(releaseOutput);
  }

  get #writtenCallback(): () => void {
    this.#onWritten ??= () => this.#settle();
    return this.#onWritten;
  }

  /** Whether send() may go on. What this turn has gathered is flushed before the answer is no. */
  #mayGoOn(): boolean {
    if (!this.#isAboveMark) return true;
    this.flush();
    if (!this.#isAboveMark) return true;
    if (!this.#owesDrain) this.#watchSocket();
    this.#owesDrain = true;
    return false;
  }

  /**
   * Sees to it that the socket tells when what it has now has left. It does so by itself where it is full, or has more than the mark; where
   * jobs make up the rest, it may have been given its bytes without a callback. An empty write behind them has one.
   */
  #watchSocket(): void {
    const socket = this.#socket;
    if (this.#jobs === undefined || socket.writableLength === 0 || socket.writableNeedDrain || !socket.writable) return;
    socket.write(NO_BYTES, this.#writtenCallback);
  }

  /** Tells those who wait that enough has left. Never within a send(). */
  #settle(): void {
    if (this.inTransit <= this.#settings.highWaterMark) this.#answerStream(true);
    if (!this.#owesDrain || this.#isAboveMark) return;
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

  /** The connection is closed: nothing leaves any more. */
  end(): void {
    this.#isEnded = true;
    this.#drop(this.#jobs?.splice(0) ?? []);
    this.#answerStream(false);
    this.#answerWaiting(false);
  }
}

/** Whether it is a text, or bytes. */
function isHere(payload: string | Uint8Array | Blob | PreparedMessage): payload is string | Uint8Array {
  return typeof payload === 'string' || ArrayBuffer.isView(payload);
}
