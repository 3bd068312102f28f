import { Deflater, type DeflaterOptions } from './deflater.js';
import type { InflateReceiver, InflateStream } from './inflate-stream.js';
import { type Inflated, Inflater } from './inflater.js';
import { type DeflateSettings, MIN_DEFLATE_WINDOW_BITS } from './options.js';
import type { DeflateParameters } from './parameters.js';

/**
 * The default threshold without context takeover: a small message by itself hardly gets smaller. With context takeover
 * it can refer to earlier messages, so the default is 0: 200 similar messages of 315 bytes are sent in 4.5 KB instead
 * of 64.
 */
const STANDALONE_THRESHOLD = 1_024;

/** The deflater and the inflater of a connection, with the parameters that its handshake agreed on. */
export class PerMessageDeflate {
  readonly #deflater: Deflater | undefined;
  readonly #inflater: Inflater;
  readonly #threshold: number;
  /** How this end compresses, if it compresses each message by itself, and so to the same bytes on every connection. */
  readonly standalone: DeflaterOptions | undefined;

  /** @param maxMessageSize the largest size of a received message after inflating, in bytes */
  constructor(role: 'client' | 'server', agreed: DeflateParameters, settings: DeflateSettings, maxMessageSize: number) {
    const server = { windowBits: agreed.serverMaxWindowBits, noContextTakeover: agreed.serverNoContextTakeover };
    const client = { windowBits: agreed.clientMaxWindowBits, noContextTakeover: agreed.clientNoContextTakeover };
    const [own, peers] = role === 'server' ? [server, client] : [client, server];
    this.#inflater = new Inflater({ ...peers, maxMessageSize });
    this.#threshold = settings.threshold ?? (own.noContextTakeover ? STANDALONE_THRESHOLD : 0);
    // A server may limit a client to 8 bits, which zlib does not support. Such a client sends all messages
    // uncompressed.
    if (own.windowBits >= MIN_DEFLATE_WINDOW_BITS) {
      const options = { ...own, level: settings.level, memLevel: settings.memLevel };
      this.#deflater = new Deflater(options);
      if (own.noContextTakeover) this.standalone = options;
    }
  }

  /** Returns whether a message of `size` bytes is sent compressed, with RSV1 set (§6). */
  compresses(size: number): boolean {
    return this.#deflater !== undefined && size >= this.#threshold;
  }

  /** Deflates a message as Deflater.deflate() does. Only call it if compresses() returns true. */
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array | undefined> {
    return this.#deflater!.deflate(bytes);
  }

  /** Deflates a part of a message as Deflater.deflatePart() does. Only call it if compresses() returns true. */
  deflatePart(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#deflater!.deflatePart(bytes);
  }

  /** Ends a message that was deflated in parts as Deflater.endParts() does. */
  endParts(): Uint8Array {
    return this.#deflater!.endParts();
  }

  /** Inflates a message as Inflater.inflate() does. */
  inflate(bytes: Uint8Array): Inflated | Promise<Inflated | undefined> {
    return this.#inflater.inflate(bytes);
  }

  /** Inflates a message in parts, as Inflater.inflateStream() does. */
  inflateStream(receiver: InflateReceiver): InflateStream {
    return this.#inflater.inflateStream(receiver);
  }

  /** How many bytes of memory both directions hold between messages. */
  get contextSize(): number {
    return (this.#deflater?.contextSize ?? 0) + this.#inflater.contextSize;
  }

  /** Frees all memory. The promise of a message that is being deflated or inflated resolves to undefined. */
  close(): void {
    this.#deflater?.close();
    this.#inflater.close();
  }
}
