import { isBlob, isUint8Array } from '../host-values.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Protocol } from '../protocol/protocol.js';
import type { Backlog } from './backlog.js';
import { encodeMessage, isTextOrBytes } from './encode-message.js';
import { bytesOfBlob, payloadAs, payloadSize } from './payload.js';
import type { PreparedMessage } from './prepared-message.js';

/**
 * Sends messages in the order of the calls.
 *
 *     send() ─────────────────────────────────────────────────────────────────────────────────▶ protocol
 *            └──▶ a job, after a Blob, a stream, or a message that is still being deflated ──┘
 *
 * Payloads are copied before send() returns, so the caller may reuse their memory.
 */
export class Outbox {
  readonly #protocol: Protocol;
  readonly #backlog: Backlog;
  readonly #deflate: PerMessageDeflate | undefined;

  constructor(protocol: Protocol, backlog: Backlog, deflate: PerMessageDeflate | undefined) {
    this.#protocol = protocol;
    this.#backlog = backlog;
    this.#deflate = deflate;
  }

  /**
   * Sends a message after all earlier ones. Returns true, or false if more than `highWaterMark` bytes now wait, or
   * undefined if the message was dropped because the connection takes no more messages.
   */
  send(
    payload: string | Uint8Array | Blob | PreparedMessage,
    isText: boolean = typeof payload === 'string',
    mayCompress = true,
  ): boolean | undefined {
    const backlog = this.#backlog;
    if (!backlog.admits()) return undefined;
    // The jobs are created in separate methods, because a closure in this method would allocate its scope for each
    // message.
    if (!isTextOrBytes(payload) && isBlob(payload)) {
      this.#enqueueBlob(payload, isText, mayCompress);
    } else if (backlog.hasJobs) {
      this.#enqueueMessage(payload, isText, mayCompress);
    } else {
      const deflating = encodeMessage(this.#protocol, this.#deflate, payload, isText, mayCompress);
      if (deflating === undefined) backlog.requestFlush();
      else this.#enqueueDeflating(payloadSize(payload), deflating);
    }
    return backlog.isBelowMark();
  }

  #enqueueBlob(blob: Blob, isText: boolean, mayCompress: boolean): void {
    this.#backlog.enqueue(blob.size, async () => {
      const payload = payloadAs(await bytesOfBlob(blob), isText);
      return encodeMessage(this.#protocol, this.#deflate, payload, isText, mayCompress);
    });
  }

  #enqueueMessage(payload: string | Uint8Array | PreparedMessage, isText: boolean, mayCompress: boolean): void {
    // Copied, because the caller may reuse its memory when send() returns.
    const kept = isUint8Array(payload) ? new Uint8Array(payload) : payload;
    this.#backlog.enqueue(payloadSize(kept), () =>
      encodeMessage(this.#protocol, this.#deflate, kept, isText, mayCompress),
    );
  }

  /** Later messages wait until this one is compressed. */
  #enqueueDeflating(size: number, deflating: Promise<void>): void {
    this.#backlog.enqueue(size, () => deflating);
  }

  /** Sends a Ping. Returns false if the connection no longer takes one. */
  ping(payload: Uint8Array): boolean {
    if (!this.#backlog.admits() || !this.#protocol.ping(payload)) return false;
    this.#backlog.requestFlush();
    return true;
  }

  /** Sends a Pong that answers no Ping, if the connection still takes one. */
  pong(payload: Uint8Array): void {
    if (this.#backlog.admits() && this.#protocol.pong(payload)) this.#backlog.requestFlush();
  }

  /** Starts or answers the closing handshake, after all earlier messages. */
  close(code: number | undefined, reason: string | undefined): void {
    const close = () => this.#protocol.close(code, reason);
    if (this.#backlog.hasJobs) this.#backlog.enqueue(0, close);
    else close();
    this.#backlog.requestFlush();
  }

  /** Whether a message of unknown size is compressed. */
  get compressesStreams(): boolean {
    return this.#deflate?.compresses(Number.POSITIVE_INFINITY) === true;
  }

  /**
   * Sends a fragment of the message whose job is running. Returns false if the connection no longer takes it.
   *
   * @param isCompressed whether the message is compressed; `data` was compressed by compressPart() or endParts()
   */
  sendFragment(data: string | Uint8Array, fin: boolean, isText: boolean, isCompressed: boolean): boolean {
    const sent = this.#protocol.sendFragment(data, fin, isText, isCompressed);
    this.#backlog.requestFlush();
    return sent;
  }

  /** Compresses a piece of the message whose job is running. Resolves to undefined if the connection closes first. */
  compressPart(piece: string | Uint8Array): Promise<Uint8Array | undefined> {
    return this.#deflate!.deflatePart(typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece);
  }

  /** Returns the end of a message that was compressed in parts. */
  endParts(): Uint8Array {
    return this.#deflate!.endParts();
  }
}
