import type { Duplex } from 'node:stream';
import { releaseOutput } from '../framing/slabs.js';
import type { Protocol } from '../protocol/protocol.js';
import { now } from '../timers.js';
import type { WireTap } from './wire-tap.js';

export interface WriterOwner {
  /** The transport has taken bytes that it could not take at once. */
  written(): void;
  /** The transport threw when it was written to. */
  writeFailed(error: Error): void;
}

/**
 * The most bytes handed to the transport at once. Node says nothing about one write until all of it has left, so a large message in one
 * write would look like a peer that takes nothing.
 */
const MOST_PER_WRITE = 262_144;

/** What the kernel may hold of a connection's output: Linux lets a send buffer grow to 4 MiB by default (tcp_wmem). */
const KERNEL_BUFFER = 4 * 1024 * 1024;

/**
 * How long a peer may be taking bytes without a sign, in milliseconds. The kernel says that there is room only when a third of its buffer
 * is free: at 500 kB/s that takes up to 2.8 s.
 */
const LEAST_BUSY = 3_000;

/** The longest that the kernel's buffers are taken to last, in milliseconds: a pace that was measured over a pause says little. */
const MOST_BUSY = 60_000;

/** A rate is measured over at least this many bytes. */
const LEAST_MEASURED = 65_536;

const NEVER = -1;

const NO_BYTES = new Uint8Array(0);

/**
 * The one place that writes to the transport. It hands over the protocol's output until the transport can't take more, and goes on when
 * that has left. A transport that throws fails its own connection.
 */
export class SocketWriter {
  readonly #socket: Duplex;
  readonly #protocol: Protocol;
  readonly #owner: WriterOwner;
  readonly #tap: WireTap | undefined;
  /** Whether the transport is done with our memory when it says so. A Duplex other than a socket may hand it on to its reader. */
  readonly #recycles: boolean;
  #taken = 0;
  /** What the transport has been given and has not taken yet. */
  #inFlight: Uint8Array[] | undefined;
  /** Whether the last write was not taken at once: then the next one probably won't be either. */
  #wasBlocked = false;
  /** When the transport stopped taking everything at once, on the clock of now(), or NEVER. */
  #blockedAt = NEVER;
  #takenWhenBlocked = 0;
  /** When the transport, while blocked, took something last, and the longest time between two such moments. */
  #progressedAt = 0;
  #longestGap = 0;
  /** When the peer should have received what the kernel held, as far as its pace tells. */
  #settlesAt = 0;
  #onWritten: ((error?: Error | null) => void) | undefined;

  constructor(socket: Duplex, protocol: Protocol, owner: WriterOwner, recycles: boolean, tap: WireTap | undefined) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#owner = owner;
    this.#recycles = recycles;
    this.#tap = tap;
  }

  /** Bytes that wait: as frames, and in the transport. */
  get inTransit(): number {
    return this.#protocol.outputLength + this.#socket.writableLength;
  }

  /** Bytes that the transport has taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the transport has been given more than it could take. */
  get isBlocked(): boolean {
    return this.#inFlight !== undefined;
  }

  /** How fast the peer takes what is sent, as a clause of an error's message. */
  get pace(): string {
    if (!this.isBlocked) return 'the peer took all that was sent before this turn';
    const taken = this.#taken - this.#takenWhenBlocked;
    const time = Math.round(now() - this.#blockedAt);
    return `the peer took ${taken === 0 ? 'nothing' : `${taken} bytes`} in the ${time} ms since it fell behind`;
  }

  /**
   * The time until which the peer may be busy with what was sent, on the clock of now(): its silence says nothing until then. How much a
   * slow peer has left to read in the kernel's buffers can't be seen, so this follows from its pace so far.
   */
  get busyUntil(): number {
    if (!this.isBlocked) return this.#settlesAt;
    return this.#progressedAt + Math.min(MOST_BUSY, Math.max(LEAST_BUSY, 2 * this.#longestGap));
  }

  /** Hands what the protocol has to say to the transport, until that can't take more. */
  flush(): void {
    const socket = this.#socket;
    const protocol = this.#protocol;
    while (protocol.hasOutput && socket.writable) {
      if (this.#wasBlocked) protocol.setOutputApart();
      if (this.isBlocked) return;
      this.#write(protocol.takeOutput(MOST_PER_WRITE));
    }
  }

  #write(pieces: Uint8Array[]): void {
    const socket = this.#socket;
    const last = pieces.length - 1;
    if (last < 0) return;
    // A callback costs as much as everything else here, so it is for writes that are likely to wait.
    const callback = this.#wasBlocked ? this.#writtenCallback : undefined;
    try {
      if (last > 0) socket.cork();
      for (let i = 0; i <= last; i++) {
        this.#tap?.sent(pieces[i]!);
        socket.write(pieces[i]!, i === last ? callback : undefined);
      }
      if (last > 0) socket.uncork();
    } catch (error) {
      this.#owner.writeFailed(error as Error);
      return;
    }
    this.#wasBlocked = socket.writableLength > 0;
    if (!this.#wasBlocked) {
      this.#release(pieces);
      return;
    }
    this.#inFlight = pieces;
    if (this.#blockedAt === NEVER) {
      this.#blockedAt = now();
      this.#progressedAt = this.#blockedAt;
      this.#longestGap = 0;
      this.#takenWhenBlocked = this.#taken;
    }
    if (callback === undefined) socket.write(NO_BYTES, this.#writtenCallback);
  }

  #release(pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      this.#taken += piece.length;
      // The kernel has its copy.
      if (this.#recycles) releaseOutput(piece);
    }
  }

  get #writtenCallback(): (error?: Error | null) => void {
    this.#onWritten ??= error => this.#written(error);
    return this.#onWritten;
  }

  #written(error?: Error | null): void {
    const pieces = this.#inFlight;
    // The callback of a write that was taken at once comes late, when another one may be in flight.
    if (pieces === undefined || this.#socket.writableLength > 0 || error) return;
    this.#inFlight = undefined;
    this.#release(pieces);
    this.flush();
    this.#measurePace();
    this.#owner.written();
  }

  #measurePace(): void {
    const time = now();
    this.#longestGap = Math.max(this.#longestGap, time - this.#progressedAt);
    this.#progressedAt = time;
    if (this.isBlocked) return;
    // The transport takes everything again. From the time that took follows how long the peer needs for what the kernel holds.
    const taken = this.#taken - this.#takenWhenBlocked;
    if (taken >= LEAST_MEASURED) {
      this.#settlesAt = time + Math.min(MOST_BUSY, (time - this.#blockedAt) * (KERNEL_BUFFER / taken));
    }
    this.#blockedAt = NEVER;
  }
}
