import { type RawFrame, rawFrame } from './raw-frame.js';
import type { RawPeer } from './raw-peer.js';
import { streamDeflater, streamInflater } from './zlib-streams.js';

const TEXT = 1;
const RSV1 = 0x40;
const COMPRESSED_TEXT = 0x80 | RSV1 | TEXT;
const HEADER_SIZE = 2;

/** The parameters of permessage-deflate that both ends agreed on. */
export interface Agreed {
  readonly serverBits?: number;
  readonly clientBits?: number;
  /** Whether the peer compresses each of its messages on its own. */
  readonly isOwnContextDropped?: boolean;
}

/** Text of less than 126 bytes without repetition: it only shrinks if an earlier message contained it. */
export const SHORT_TEXT = 'The quick brown fox jumps over a lazy dog';

/** The peer of a connection that compresses. It sends and receives short messages, with zlib streams of its own. */
export class DeflatingPeer {
  readonly #peer: RawPeer;
  readonly #frame: RawFrame;
  readonly #makeDeflater: () => (message: Uint8Array) => Promise<Buffer>;
  readonly #inflate: (payload: Uint8Array) => Promise<Buffer>;
  readonly #isContextDropped: boolean;
  #deflate: (message: Uint8Array) => Promise<Buffer>;

  constructor(peer: RawPeer, role: 'client' | 'server', agreed: Agreed = {}) {
    const { serverBits = 15, clientBits = 15, isOwnContextDropped = false } = agreed;
    const [ownBits, peersBits] = role === 'client' ? [clientBits, serverBits] : [serverBits, clientBits];
    this.#peer = peer;
    this.#frame = { opcode: TEXT, rsv: RSV1, ...(role === 'client' && { key: [1, 2, 3, 4] }) };
    this.#makeDeflater = () => streamDeflater(ownBits);
    this.#deflate = this.#makeDeflater();
    this.#inflate = streamInflater(peersBits);
    this.#isContextDropped = isOwnContextDropped;
  }

  /** Sends a compressed message. */
  async send(message: string): Promise<void> {
    if (this.#isContextDropped) this.#deflate = this.#makeDeflater();
    const payload = await this.#deflate(Buffer.from(message));
    this.#peer.write(rawFrame({ ...this.#frame, payload }));
  }

  /**
   * Returns the next message, inflated, and its size on the wire. Throws if it is not a compressed text message. The
   * payload must have less than 126 bytes.
   */
  async receive(): Promise<{ readonly text: string; readonly size: number }> {
    const peer = this.#peer;
    await peer.until(() => peer.received.length >= HEADER_SIZE);
    const [first, second = 0] = peer.received;
    if (first !== COMPRESSED_TEXT)
      throw new Error(`expected a compressed text message, got  ${peer.received.toString('hex')}`);
    const start = HEADER_SIZE + ((second & 0x80) === 0 ? 0 : 4);
    const size = second & 0x7f;
    await peer.until(() => peer.received.length >= start + size);
    const key = peer.received.subarray(HEADER_SIZE, start);
    const payload = peer.received.subarray(start, start + size).map((byte, i) => byte ^ (key[i % 4] ?? 0));
    peer.received = peer.received.subarray(start + size);
    return { text: (await this.#inflate(payload)).toString(), size };
  }
}
