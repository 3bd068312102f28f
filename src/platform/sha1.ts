/** SHA-1 (RFC 3174) for hosts without a synchronous one, such as browsers. Short inputs only: it copies the input. */

/** The constant K of each 20 rounds (§5). */
const K = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;

const BLOCK_SIZE = 64;

/** Returns the 20 bytes of the SHA-1 of `bytes`. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const padded = pad(bytes);
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  for (let start = 0; start < padded.byteLength; start += BLOCK_SIZE) addBlock(state, padded, start);
  const digest = new DataView(new ArrayBuffer(20));
  for (const [i, word] of state.entries()) digest.setUint32(4 * i, word);
  return new Uint8Array(digest.buffer);
}

/** §4: appends a 1 bit, zeros, and the length in bits, to whole blocks. */
function pad(bytes: Uint8Array): DataView {
  const size = Math.ceil((bytes.length + 9) / BLOCK_SIZE) * BLOCK_SIZE;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(size - 4, 8 * bytes.length);
  return view;
}

/** §6.1: processes one block. */
function addBlock(state: Uint32Array, blocks: DataView, start: number): void {
  const words = new Uint32Array(80);
  for (let t = 0; t < 16; t++) words[t] = blocks.getUint32(start + 4 * t);
  for (let t = 16; t < 80; t++) {
    words[t] = rotated(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; t++) {
    const next = (rotated(a, 5) + mixed(t, b, c, d) + e + words[t]! + K[Math.floor(t / 20)]!) >>> 0;
    [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
  }
  for (const [i, word] of [a, b, c, d, e].entries()) state[i]! += word;
}

/** §5: the function f of round `t`. */
function mixed(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) >>> 0;
  if (t < 40 || t >= 60) return (b ^ c ^ d) >>> 0;
  return ((b & c) | (b & d) | (c & d)) >>> 0;
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}
