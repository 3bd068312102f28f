import type { Duplex } from 'node:stream';
import { releaseOutput } from '../framing/slabs.js';
import type { Protocol } from '../protocol/protocol.js';
import type { WireTap } from '../transport/wire-tap.js';
import { PeerPace } from './peer-pace.js';

export interface WriterOwner {
  /** The transport has taken bytes that it could not take at once. */
  written(): void;
  /** The transport threw when it was written to. */
  writeFailed(error: Error): void;
}

/**
 * The maximum number of bytes handed to the transport at once. Node reports nothing about a write until all of it has
 * left. If a large message were one write, the peer would seem to take nothing.
 */
const MOST_PER_WRITE = 262_144;

/**
 * How many bytes are counted before the peer's pace is updated. Reading the clock for each small message would cost too
 * much.
 */
const PACE_STEP = 65_536;

const NO_BYTES = new Uint8Array(0);

/**
 * Writes to the transport. No other class does. It hands over the protocol's output until the transport can't take
 * more, and continues when that output has left. If the transport throws, the connection fails.
 */
export class SocketWriter {
  readonly #socket: Duplex;
  readonly #protocol: Protocol;
  readonly #owner: WriterOwner;
  readonly #tap: WireTap | undefined;
  /** See Transport. */
  readonly #copiesWrites: boolean;
  #taken = 0;
  /** The pieces that were written and that the transport has not taken yet. */
  #inFlight: Uint8Array[] | undefined;
  /** Whether the last write was not taken at once. Then the next one probably won't be either. */
  #wasBlocked = false;
  /** Created after the first 64 KiB, or when the transport is blocked. */
  #pace: PeerPace | undefined;
  /** How many taken bytes the pace does not include yet. */
  #uncounted = 0;
  #onWritten: ((error?: Error | null) => void) | undefined;

  constructor(socket: Duplex, protocol: Protocol, owner: WriterOwner, copiesWrites: boolean, tap: WireTap | undefined) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#owner = owner;
    this.#copiesWrites = copiesWrites;
    this.#tap = tap;
  }

  /** How many bytes wait, as frames and in the transport. */
  get inTransit(): number {
    return this.#protocol.outputLength + this.#socket.writableLength;
  }

  /** How many bytes the transport has taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** The value of `taken` when all output so far will have left. */
  get position(): number {
    const inFlight = this.#inFlight?.reduce((sum, { length }) => sum + length, 0) ?? 0;
    return this.#taken + inFlight + this.#protocol.outputLength;
  }

  /** Whether more was written than the transport could take. */
  get isBlocked(): boolean {
    return this.#inFlight !== undefined;
  }

  /** How fast the peer takes output, as a clause of an error message. */
  get pace(): string {
    return (this.#pace ?? new PeerPace()).describe();
  }

  /** Until when the peer may be busy reading what was sent, on the clock of now(). */
  get busyUntil(): number {
    return this.#pace === undefined ? 0 : this.#pace.busyUntil;
  }

  /** Writes the protocol's output until the transport can't take more. */
  flush(): void {
    const socket = this.#socket;
    const protocol = this.#protocol;
    while (protocol.hasOutput && socket.writable) {
      if (this.#wasBlocked) protocol.moveOutputToOwnMemory();
      if (this.isBlocked) return;
      this.#write(protocol.takeOutput(MOST_PER_WRITE));
    }
  }

  /** Drops waiting output, so that a closed connection does not keep it in memory. */
  end(): void {
    this.#inFlight = undefined;
    this.#protocol.takeOutput();
  }

  #write(pieces: Uint8Array[]): void {
    const socket = this.#socket;
    const last = pieces.length - 1;
    // A callback costs as much as everything else here, so a socket gets one only if the write is likely to wait. A
    // custom Duplex always gets one, because it may not be able to handle the empty chunk below.
    const callback = this.#wasBlocked || !this.#copiesWrites ? this.#writtenCallback : undefined;
    try {
      if (last > 0) socket.cork();
      for (let i = 0; i <= last; i++) {
        this.#tap?.sent(pieces[i]!);
        socket.write(pieces[i]!, i === last ? callback : undefined);
      }
      if (last > 0) socket.uncork();
      this.#wasBlocked = socket.writableLength > 0;
      if (this.#wasBlocked && callback === undefined) socket.write(NO_BYTES, this.#writtenCallback);
    } catch (error) {
      this.#owner.writeFailed(error as Error);
      return;
    }
    if (!this.#wasBlocked) {
      this.#release(pieces);
      return;
    }
    this.#inFlight = pieces;
    this.#pace ??= new PeerPace();
    this.#pace.blocked();
  }

  #release(pieces: Uint8Array[]): void {
    const before = this.#taken;
    for (let i = 0; i < pieces.length; i++) {
      this.#taken += pieces[i]!.length;
      // The kernel has a copy.
      if (this.#copiesWrites) releaseOutput(pieces[i]!);
    }
    this.#uncounted += this.#taken - before;
    if (this.#uncounted >= PACE_STEP || this.isBlocked) this.#updatePace();
  }

  #updatePace(): void {
    this.#pace ??= new PeerPace();
    this.#pace.taken(this.#uncounted);
    this.#uncounted = 0;
  }

  get #writtenCallback(): (error?: Error | null) => void {
    this.#onWritten ??= error => this.#written(error);
    return this.#onWritten;
  }

  #written(error?: Error | null): void {
    const pieces = this.#inFlight;
    // If a write was taken at once, its callback is still called later, when another write may be in flight.
    if (pieces === undefined || this.#socket.writableLength > 0 || error) return;
    this.#release(pieces);
    this.#inFlight = undefined;
    this.flush();
    if (!this.isBlocked) this.#pace!.unblocked();
    this.#owner.written();
  }
}
