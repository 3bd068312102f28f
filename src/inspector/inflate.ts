/** Inflates DEFLATE data (RFC 1951). Browsers can, too, but neither synchronously nor with the context of earlier messages. */

/** Code lengths come in this order (§3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The longest code, in bits. */
const MAX_BITS = 15;

/** How far back a copy may reach. */
const WINDOW = 32_768;

/** The lengths and distances of §3.2.5: how many extra bits a symbol has, and its smallest value. */
const LENGTHS = ranges(29, code => (code < 4 || code === 28 ? 0 : (code - 4) >> 2), 3);
const DISTANCES = ranges(30, code => (code < 2 ? 0 : (code - 2) >> 1), 1);
LENGTHS.base[28] = 258;

interface Ranges {
  readonly extra: readonly number[];
  readonly base: number[];
}

function ranges(count: number, extraOf: (code: number) => number, first: number): Ranges {
  const extra = Array.from({ length: count }, (_, code) => extraOf(code));
  const base: number[] = [];
  extra.reduce((value, bits) => {
    base.push(value);
    return value + 2 ** bits;
  }, first);
  return { extra, base };
}

/** A Huffman code: how many codes each length has, and the symbols in the order of their codes (§3.2.2). */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]!]!++;
  counts[0] = 0;
  const next = new Uint16Array(MAX_BITS + 2);
  let left = 1;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    next[bits + 1] = next[bits]! + counts[bits]!;
    left = left * 2 - counts[bits]!;
    if (left < 0) throw new Error('more Huffman codes than fit');
  }
  const symbols = new Uint16Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) if (lengths[i] !== 0) symbols[next[lengths[i]!]!++] = i;
  return { counts, symbols };
}

const FIXED_LENGTHS = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED = [codeOf(FIXED_LENGTHS), codeOf(new Uint8Array(30).fill(5))] as const;

/**
 * Inflates a message of permessage-deflate (RFC 7692 §7.2.2).
 *
 * @param compressed may end without a final block, at a byte boundary
 * @param history the plain bytes before it, which it may refer to
 * @throws {RangeError} if the result is larger than `limit`
 * @throws {Error} if the data is not DEFLATE data, or is cut off
 */
export function inflate(compressed: Uint8Array, history: Uint8Array, limit: number): Uint8Array {
  return new Inflater(compressed, history, limit).run();
}

class Inflater {
  readonly #input: Uint8Array;
  readonly #start: number;
  readonly #limit: number;
  #at = 0;
  #bits = 0;
  #bitCount = 0;
  #output: Uint8Array;
  #length: number;

  constructor(input: Uint8Array, history: Uint8Array, limit: number) {
    const window = history.subarray(Math.max(0, history.length - WINDOW));
    this.#input = input;
    this.#start = window.length;
    this.#limit = window.length + limit;
    this.#length = window.length;
    this.#output = new Uint8Array(window.length + Math.max(1024, input.length * 4));
    this.#output.set(window);
  }

  run(): Uint8Array {
    for (let isFinal = false; !isFinal && this.#at < this.#input.length; ) {
      isFinal = this.#read(1) === 1;
      const type = this.#read(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#compressed(...FIXED);
      else if (type === 2) this.#compressed(...this.#dynamicCodes());
      else throw new Error('a block of a reserved type');
    }
    return this.#output.slice(this.#start, this.#length);
  }

  #read(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#input.length) throw new Error('the data is cut off');
      this.#bits |= this.#input[this.#at++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  /** Reads bit by bit: the codes of a length are consecutive numbers. */
  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      code |= this.#read(1);
      const count = counts[bits]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('an unknown Huffman code');
  }

  #stored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const length = this.#read(16);
    if (this.#read(16) !== (length ^ 0xffff)) throw new Error('the length of a stored block is wrong');
    if (this.#at + length > this.#input.length) throw new Error('the data is cut off');
    this.#reserve(length);
    this.#output.set(this.#input.subarray(this.#at, this.#at + length), this.#length);
    this.#at += length;
    this.#length += length;
  }

  #dynamicCodes(): readonly [Code, Code] {
    const literals = this.#read(5) + 257;
    const distances = this.#read(5) + 1;
    const count = this.#read(4) + 4;
    const lengths = new Uint8Array(ORDER.length);
    for (const symbol of ORDER.slice(0, count)) lengths[symbol] = this.#read(3);
    const lengthCode = codeOf(lengths);
    const all = new Uint8Array(literals + distances);
    for (let at = 0; at < all.length; ) {
      const symbol = this.#symbol(lengthCode);
      if (symbol < 16) {
        all[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw new Error('a repetition of nothing');
      const value = symbol === 16 ? all[at - 1]! : 0;
      const times = symbol === 16 ? 3 + this.#read(2) : symbol === 17 ? 3 + this.#read(3) : 11 + this.#read(7);
      if (at + times > all.length) throw new Error('more code lengths than codes');
      all.fill(value, at, at + times);
      at += times;
    }
    return [codeOf(all.subarray(0, literals)), codeOf(all.subarray(literals))];
  }

  #compressed(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#reserve(1);
        this.#output[this.#length++] = symbol;
        continue;
      }
      const length = this.#value(LENGTHS, symbol - 257);
      const distance = this.#value(DISTANCES, this.#symbol(distances));
      if (distance > this.#length) throw new Error('a copy from before the start');
      this.#reserve(length);
      for (let i = 0; i < length; i++, this.#length++)
        this.#output[this.#length] = this.#output[this.#length - distance]!;
    }
  }

  #value({ extra, base }: Ranges, code: number): number {
    const bits = extra[code];
    if (bits === undefined) throw new Error('a reserved length or distance');
    return base[code]! + this.#read(bits);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed > this.#limit) throw Object.assign(new Error('the message is too large'), { name: 'RangeError' });
    if (needed <= this.#output.length) return;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(needed, this.#output.length * 2)));
    larger.set(this.#output.subarray(0, this.#length));
    this.#output = larger;
  }
}
