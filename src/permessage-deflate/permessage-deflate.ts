import { Deflater, type DeflaterOptions } from './deflater.js';
import { type Inflated, Inflater } from './inflater.js';
import { type DeflateSettings, LEAST_DEFLATE_WINDOW_BITS } from './options.js';
import type { DeflateParameters } from './parameters.js';

/**
 * The default threshold if every message stands alone. DEFLATE finds little to shorten in a small message by itself. With context
 * takeover it finds the earlier messages, so then the default is 0: 200 similar messages of 315 bytes leave as 4.5 KB instead of 64.
 */
const STANDALONE_THRESHOLD = 1_024;

/** permessage-deflate at work on one connection: what the handshake agreed on, turned into one deflater and one inflater. */
export class PerMessageDeflate {
  readonly #deflater: Deflater | undefined;
  readonly #inflater: Inflater;
  readonly #threshold: number;
  /** How we deflate, where each message stands alone, and so deflates to the same bytes on any connection. */
  readonly standalone: DeflaterOptions | undefined;

  /** @param maxMessageSize the most bytes of a message that comes, inflated */
  constructor(role: 'client' | 'server', agreed: DeflateParameters, settings: DeflateSettings, maxMessageSize: number) {
    const server = { windowBits: agreed.serverMaxWindowBits, noContextTakeover: agreed.serverNoContextTakeover };
    const client = { windowBits: agreed.clientMaxWindowBits, noContextTakeover: agreed.clientNoContextTakeover };
    const [own, peers] = role === 'server' ? [server, client] : [client, server];
    this.#inflater = new Inflater({ ...peers, maxMessageSize });
    this.#threshold = settings.threshold ?? (own.noContextTakeover ? STANDALONE_THRESHOLD : 0);
    // A server may limit a client to a window that zlib cannot have. Then the client compresses nothing: it never has to.
    if (own.windowBits >= LEAST_DEFLATE_WINDOW_BITS) {
      const options = { ...own, level: settings.level, memLevel: settings.memLevel };
      this.#deflater = new Deflater(options);
      if (own.noContextTakeover) this.standalone = options;
    }
  }

  /** Whether a message of so many bytes leaves compressed, with RSV1 set (§6). */
  compresses(size: number): boolean {
    return this.#deflater !== undefined && size >= this.#threshold;
  }

  /** See Deflater.deflate(). Only where compresses() says so. */
  deflate(bytes: Uint8Array): Uint8Array | Promise<Uint8Array | undefined> {
    return this.#deflater!.deflate(bytes);
  }

  /** See Inflater.inflate(). */
  inflate(bytes: Uint8Array): Inflated | Promise<Inflated | undefined> {
    return this.#inflater.inflate(bytes);
  }

  /** Bytes of memory held between messages, for both directions. */
  get contextSize(): number {
    return (this.#deflater?.contextSize ?? 0) + this.#inflater.contextSize;
  }

  /** Frees all memory, also where a message is being deflated or inflated: its promise gives undefined. */
  close(): void {
    this.#deflater?.close();
    this.#inflater.close();
  }
}
