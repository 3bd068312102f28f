import type { Duplex } from 'node:stream';
import { FrameEncoder, RSV1 } from '../framing/index.js';
import { releaseOutput } from '../framing/slabs.js';
import { type Flushable, scheduleFlush } from '../transport/flush-queue.js';
import { transportOf } from '../transport/transport.js';
import type { PerMessageDeflate } from './per-message-deflate.js';
import { type FrameOptions, type GenerateMask, maskingKey, type SendCallback, Sender } from './sender.js';

/** If more bytes than this wait, they are written at once, so that the peer can read them while the rest is encoded. */
const MOST_PENDING = 262_144;

/**
 * The Sender of a WebSocket. Frames that are sent in one turn of the event loop leave in one write, because writing is
 * the largest cost of sending. WebSocket calls flush() before it exposes the socket, so nothing can be written out of
 * order.
 */
export class BatchingSender extends Sender implements Flushable {
  readonly #encoder: FrameEncoder;
  readonly #isClient: boolean;
  /** Whether the socket has copied the bytes when a write is complete. */
  readonly #copiesWrites: boolean;
  #callbacks: SendCallback[] = [];
  #isScheduled = false;

  constructor(
    socket: Duplex,
    extensions: { 'permessage-deflate'?: PerMessageDeflate },
    generateMask: GenerateMask | undefined,
    isClient: boolean,
  ) {
    super(socket, extensions, generateMask);
    this.#isClient = isClient;
    const makeKey = generateMask && (() => maskingKey(generateMask));
    this.#encoder = new FrameEncoder(isClient ? 'client' : 'server', undefined, makeKey);
    this.#copiesWrites = transportOf(socket, {}).copiesWrites;
  }

  /** The bytes that wait for the end of the turn. */
  get pendingBytes(): number {
    return this.#encoder.output.length;
  }

  override _frame(payload: string | Buffer, options: FrameOptions, callback?: SendCallback): void {
    const { opcode, fin = true, rsv1 = false, mask = false } = options;
    // "a client MUST mask all frames that it sends" (RFC 6455 §5.1), but the caller may choose otherwise.
    if (mask !== this.#isClient) {
      super._frame(payload, options, callback);
      return;
    }
    this.#encoder.frame(opcode, payload, fin, rsv1 ? RSV1 : 0);
    this.#schedule(callback);
  }

  override sendFrame(list: readonly (Uint8Array | string)[], callback?: SendCallback): void {
    const { output } = this.#encoder;
    for (const piece of list) output.append(typeof piece === 'string' ? Buffer.from(piece) : piece);
    this.#schedule(callback);
  }

  #schedule(callback: SendCallback | undefined): void {
    if (typeof callback === 'function') this.#callbacks.push(callback);
    if (this.pendingBytes > MOST_PENDING) {
      this.flush();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      scheduleFlush(this);
    }
  }

  flushScheduled(): void {
    this.#isScheduled = false;
    try {
      this.flush();
    } catch (error) {
      // A custom Duplex may throw. The other connections of this turn must still be flushed.
      this._socket.destroy(error as Error);
    }
  }

  /** Writes the waiting bytes. */
  flush(): void {
    const socket = this._socket;
    const { output } = this.#encoder;
    if (output.length === 0) return;
    // Waiting bytes must not pin memory that all connections share.
    if (socket.writableLength > 0) output.moveToOwnMemory();
    const pieces = output.take();
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    const last = pieces.length - 1;
    const written = (error?: Error | null) => {
      if (error == null && this.#copiesWrites) for (const piece of pieces) releaseOutput(piece);
      for (const callback of callbacks) callback(error ?? undefined);
    };
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(pieces[i]);
    socket.write(pieces[last], written);
    if (last > 0) socket.uncork();
  }
}
