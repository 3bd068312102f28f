/**
 * The tester's own frames (RFC 6455 §5.2). Nothing of src/ is used in here, so that a fault there cannot hide itself.
 */

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** RSV1 as a value of Frame.rsv: "this message is compressed" where permessage-deflate was agreed on (RFC 7692 §6). */
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
  /** What the header says of the length, where that is not the payload's. */
  readonly announces?: bigint;
  /** The size of the length field in bits: the smallest that will do, if left out. */
  readonly lengthBits?: 7 | 16 | 64;
  /** How many bytes of the payload are sent: all, if left out. */
  readonly sendsOnly?: number;
  /** Masked where the tester's role forbids it, unmasked where it demands it. */
  readonly isMaskedWrongly?: boolean;
  /** The masking key, where the frame has one: a random one, if left out. */
  readonly key?: number;
}

/** @param randomKey gives 32 random bits, for the masking key of a client's frame */
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

/** Reads the peer's frames, and holds each header to the RFC. */
export class FrameReader {
  readonly #from: Role;
  readonly #assignedBits: number;
  readonly #keys = new Set<number>();
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** What must be there before it is worth looking. */
  #needed = 2;

  /** @param assignedBits the reserved bits to which an extension gave a meaning */
  constructor(from: Role, assignedBits = 0) {
    this.#from = from;
    this.#assignedBits = assignedBits;
  }

  /** Bytes that are no whole frame yet. */
  get rest(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /**
   * The next frame, or undefined where it is not whole yet.
   *
   * @throws {Error} saying which rule the peer's header breaks
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
    this.#judge({ fin, rsv, opcode, isMasked, lengthBytes, length });
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

  #judge(header: HeaderFields): void {
    const { fin, rsv, opcode, isMasked, lengthBytes, length } = header;
    if ((rsv & ~this.#assignedBits) !== 0) throw new Error(`the peer set reserved bits (§5.2): ${rsv.toString(2)}`);
    if (![CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) {
      throw new Error(`the peer used a reserved opcode (§5.2): ${opcode}`);
    }
    if (isMasked !== (this.#from === 'client')) {
      throw new Error(`the peer, a ${this.#from}, sent ${isMasked ? 'a masked' : 'an unmasked'} frame (§5.1)`);
    }
    if (opcode >= CLOSE && (!fin || length > 125))
      throw new Error('the peer sent a control frame out of bounds (§5.5)');
    const fewest = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    if (lengthBytes !== fewest) throw new Error(`the peer took ${lengthBytes} bytes for the length ${length} (§5.2)`);
  }

  /** "The masking key is a 32-bit value chosen at random by the client": "a fresh masking key" for each frame (§5.3). */
  #freshKey(key: number): readonly number[] {
    if (this.#keys.has(key)) throw new Error(`the peer masked two frames by the same key (§5.3): ${key.toString(16)}`);
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

/** A frame in one line, e.g. `text, 5 bytes: 48 65 6c 6c 6f`. */
export function describeFrame({ fin, rsv, opcode, payload }: Frame): string {
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  const bits = `${fin ? '' : ' FIN=0'}${rsv === 0 ? '' : ` RSV=${rsv.toString(2).padStart(3, '0')}`}`;
  const shown = Buffer.from(payload.subarray(0, 32))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return `${name}${bits}, ${payload.length} bytes: ${shown}${payload.length > 32 ? ' …' : ''}`;
}
