/** How many bytes are decoded at a time. The memory for their characters is in the processor's cache. */
const CAPACITY = 8_192;

/** The memory for characters, as UTF-16 and as bytes. Made when a text is first decoded. */
let units: Uint16Array | undefined;
let memory: Buffer | undefined;

/**
 * Decodes `bytes[start, end)`, which must be well-formed UTF-8 (RFC 3629). Before V8 13 (Node 24), the host's decoder
 * takes two to four times as long for anything but ASCII (bench/utf8.ts).
 */
export function decodeWellFormed(bytes: Uint8Array, start: number, end: number): string {
  units ??= new Uint16Array(CAPACITY);
  memory ??= Buffer.from(units.buffer);
  let text = '';
  for (let from = start; from < end; ) {
    let to = Math.min(end, from + CAPACITY);
    while (to < end && (bytes[to]! & 0xc0) === 0x80) to--;
    const length = decodeLatin1(bytes, from, to, memory);
    text +=
      length === -1
        ? memory.toString('utf16le', 0, 2 * decodeUtf16(bytes, from, to, units))
        : memory.toString('latin1', 0, length);
    from = to;
  }
  return text;
}

/**
 * Decodes to one byte per character. Returns how many there are, or -1 if one is above U+00FF. A string of such bytes
 * takes half the memory, and is encoded faster.
 */
function decodeLatin1(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let length = 0;
  for (let i = start; i < end; ) {
    const first = bytes[i++]!;
    if (first >= 0xc4) return -1;
    target[length++] = first < 0x80 ? first : ((first & 0x03) << 6) | (bytes[i++]! & 0x3f);
  }
  return length;
}

/** Decodes to UTF-16. Returns the number of units: at most one for each byte. */
function decodeUtf16(bytes: Uint8Array, start: number, end: number, target: Uint16Array): number {
  let length = 0;
  for (let i = start; i < end; ) {
    const first = bytes[i++]!;
    if (first < 0x80) {
      target[length++] = first;
    } else if (first < 0xe0) {
      target[length++] = ((first & 0x1f) << 6) | (bytes[i++]! & 0x3f);
    } else if (first < 0xf0) {
      target[length++] = ((first & 0x0f) << 12) | ((bytes[i]! & 0x3f) << 6) | (bytes[i + 1]! & 0x3f);
      i += 2;
    } else {
      const high = ((first & 0x07) << 18) | ((bytes[i]! & 0x3f) << 12);
      const character = (high | ((bytes[i + 1]! & 0x3f) << 6) | (bytes[i + 2]! & 0x3f)) - 0x1_0000;
      target[length++] = 0xd800 | (character >> 10);
      target[length++] = 0xdc00 | (character & 0x3ff);
      i += 3;
    }
  }
  return length;
}
