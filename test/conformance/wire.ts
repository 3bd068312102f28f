/**
 * The tester's own frame codec (RFC 6455 §5.2). It uses nothing from src/, so that a fault there cannot hide itself.
 */

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** RSV1 in Frame.rsv. With permessage-deflate it means that the message is compressed (RFC 7692 §6). */
export const RSV1 = 0b100;
export const RSV2 = 0b010;
export const RSV3 = 0b001;

export type Role = 'client' | 'server';

export interface Frame {
  readonly fin: boolean;
  /** The reserved bits as a number: RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** A frame that the tester sends, legal or not. */
export interface SentFrame extends Frame {
  /** The length in the header, if it differs from the payload's length. */
  readonly announces?: bigint;
  /** The size of the length field in bits. By default, the smallest that fits. */
  readonly lengthBits?: 7 | 16 | 64;
  /** How many bytes of the payload are sent. By default, all. */
  readonly sendsOnly?: number;
  /** Masks the frame if the tester's role forbids it, and leaves it unmasked if the role requires it. */
  readonly isMaskedWrongly?: boolean;
  /** The masking key, if the frame has one. By default, a random one. */
  readonly key?: number;
}

/** @param randomKey returns 32 random bits, for the masking key of a client's frame */
export function encodeFrame(frame: SentFrame, from: Role, randomKey: () => number): Uint8Array {
  const { payload } = frame;
  const length = frame.announces ?? BigInt(payload.length);
  const bits = frame.lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const isMasked = (from === 'client') !== (frame.isMaskedWrongly ?? false);

  const sent = payload.subarray(0, frame.sendsOnly ?? payload.length);
  const start = 2 + (bits === 7 ? 0 : bits / 8) + (isMasked ? 4 : 0);
  const bytes = Buffer.alloc(start + sent.length);
  bytes[0] = (frame.fin ? 0x80 : 0) | (frame.rsv << 4) | frame.opcode;
  bytes[1] = (isMasked ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127);
  if (bits === 16) bytes.writeUInt16BE(Number(length), 2);
  if (bits === 64) bytes.writeBigUInt64BE(length, 2);
  bytes.set(sent, start);
  if (isMasked) {
    const key = frame.key ?? randomKey();
    bytes.writeUInt32BE(key, start - 4);
    mask(bytes.subarray(start), keyBytes(key));
  }
  return bytes;
}

function keyBytes(key: number): readonly number[] {
  return [key >>> 24, (key >>> 16) & 0xff, (key >>> 8) & 0xff, key & 0xff];
}

/** "j = i MOD 4; transformed-octet-i = original-octet-i XOR masking-key-octet-j" (§5.3). */
function mask(bytes: Uint8Array, key: ArrayLike<number>): void {
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= key[i & 3]!;
}

/** Reads the peer's frames, and checks each header against the RFC. */
export class FrameReader {
  readonly #from: Role;
  readonly #assignedBits: number;
  readonly #keys = new Set<number>();
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** How many bytes must have arrived before it is worth reading on. */
  #needed = 2;

  /** @param assignedBits the reserved bits that a negotiated extension uses */
  constructor(from: Role, assignedBits = 0) {
    this.#from = from;
    this.#assignedBits = assignedBits;
  }

  /** How many bytes are not yet a complete frame. */
  get rest(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /**
   * Returns the next frame, or undefined if it is incomplete.
   *
   * @throws {Error} naming the rule that the peer's header violates
   */
  next(): Frame | undefined {
    if (this.#length < this.#needed) return undefined;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];

    const fin = (bytes[0]! & 0x80) !== 0;
    const rsv = (bytes[0]! >> 4) & 7;
    const opcode = bytes[0]! & 0xf;
    const isMasked = (bytes[1]! & 0x80) !== 0;
    const field = bytes[1]! & 0x7f;
    const lengthBytes = field === 126 ? 2 : field === 127 ? 8 : 0;
    const start = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (!this.#has(start)) return undefined;

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = lengthBytes === 0 ? field : lengthBytes === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
    this.#check({ fin, rsv, opcode, isMasked, lengthBytes, length });
    if (!this.#has(start + length)) return undefined;

    const payload = bytes.slice(start, start + length);
    if (isMasked) mask(payload, this.#freshKey(view.getUint32(start - 4)));
    this.#take(bytes, start + length);
    return { fin, rsv, opcode, payload };
  }

  #has(count: number): boolean {
    this.#needed = count;
    return this.#length >= count;
  }

  #take(bytes: Uint8Array, count: number): void {
    this.#chunks = [bytes.subarray(count)];
    this.#length -= count;
    this.#needed = 2;
  }

  #check(header: HeaderFields): void {
    const { fin, rsv, opcode, isMasked, lengthBytes, length } = header;
    if ((rsv & ~this.#assignedBits) !== 0)
      throw new Error(`the peer set unassigned reserved bits (§5.2): ${rsv.toString(2)}`);
    if (![CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) {
      throw new Error(`the peer used a reserved opcode (§5.2): ${opcode}`);
    }
    if (isMasked !== (this.#from === 'client')) {
      throw new Error(`the peer, a ${this.#from}, sent ${isMasked ? 'a masked' : 'an unmasked'} frame (§5.1)`);
    }
    if (opcode >= CLOSE && (!fin || length > 125))
      throw new Error('the peer sent a control frame that is fragmented or too long (§5.5)');
    const fewest = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    if (lengthBytes !== fewest)
      throw new Error(`the peer used ${lengthBytes} extra bytes for the length ${length} (§5.2)`);
  }

  /**
   * "The masking key is a 32-bit value chosen at random by the client": "a fresh masking key" for each frame (§5.3).
   */
  #freshKey(key: number): readonly number[] {
    if (this.#keys.has(key))
      throw new Error(`the peer masked two frames with the same key (§5.3): ${key.toString(16)}`);
    this.#keys.add(key);
    return keyBytes(key);
  }
}

interface HeaderFields extends Omit<Frame, 'payload'> {
  readonly isMasked: boolean;
  readonly lengthBytes: number;
  readonly length: number;
}

const NAMES: Record<number, string> = {
  [CONTINUATION]: 'continuation',
  [TEXT]: 'text',
  [BINARY]: 'binary',
  [CLOSE]: 'Close',
  [PING]: 'Ping',
  [PONG]: 'Pong',
};

/** Describes a frame in one line, e.g. `text, 5 bytes: 48 65 6c 6c 6f`. */
export function describeFrame({ fin, rsv, opcode, payload }: Frame): string {
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  const bits = `${fin ? '' : ' FIN=0'}${rsv === 0 ? '' : ` RSV=${rsv.toString(2).padStart(3, '0')}`}`;
  const shown = Buffer.from(payload.subarray(0, 32))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return `${name}${bits}, ${payload.length} bytes: ${shown}${payload.length > 32 ? ' …' : ''}`;
}
