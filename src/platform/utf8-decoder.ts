/** How many bytes are decoded at a time. They and their characters are in the processor's cache. */
const CAPACITY = 8_192;

/**
 * The bytes to decode are copied to INPUT, and their characters are written to UNITS. V8 knows the addresses of typed
 * arrays that are constants, which makes the loops below a third faster (bench/utf8.ts).
 */
const INPUT = new Uint8Array(CAPACITY);
const UNITS = new Uint16Array(CAPACITY);
/** The memory of UNITS. */
const CHARACTERS = Buffer.from(UNITS.buffer);

/**
 * Decodes `bytes[start, end)`, which must be well-formed UTF-8 (RFC 3629). Before V8 13 (Node 24), the host's decoder
 * takes two to four times as long for anything but ASCII (bench/utf8.ts).
 */
export function decodeWellFormed(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let from = start; from < end; ) {
    let to = Math.min(end, from + CAPACITY);
    while (to < end && (bytes[to]! & 0xc0) === 0x80) to--;
    INPUT.set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from));
    const length = decodeLatin1(to - from);
    text +=
      length === -1
        ? CHARACTERS.toString('utf16le', 0, 2 * decodeUtf16(to - from))
        : CHARACTERS.toString('latin1', 0, length);
    from = to;
  }
  return text;
}

/**
 * Decodes `INPUT[0, size)` to one byte per character. Returns how many there are, or -1 if one is above U+00FF. A
 * string of such bytes takes half the memory, and is encoded faster.
 */
function decodeLatin1(size: number): number {
  let length = 0;
  for (let i = 0; i < size; ) {
    const first = INPUT[i++]!;
    if (first >= 0xc4) return -1;
    CHARACTERS[length++] = first < 0x80 ? first : ((first & 0x03) << 6) | (INPUT[i++]! & 0x3f);
  }
  return length;
}

/** Decodes `INPUT[0, size)` to UTF-16. Returns the number of units: at most one for each byte. */
function decodeUtf16(size: number): number {
  let length = 0;
  for (let i = 0; i < size; ) {
    const first = INPUT[i]!;
    if (first < 0x80) {
      UNITS[length++] = first;
      i++;
    } else if (first < 0xe0) {
      UNITS[length++] = ((first & 0x1f) << 6) | (INPUT[i + 1]! & 0x3f);
      i += 2;
    } else if (first < 0xf0) {
      UNITS[length++] = ((first & 0x0f) << 12) | ((INPUT[i + 1]! & 0x3f) << 6) | (INPUT[i + 2]! & 0x3f);
      i += 3;
    } else {
      const high = ((first & 0x07) << 18) | ((INPUT[i + 1]! & 0x3f) << 12);
      const character = (high | ((INPUT[i + 2]! & 0x3f) << 6) | (INPUT[i + 3]! & 0x3f)) - 0x1_0000;
      UNITS[length++] = 0xd800 | (character >> 10);
      UNITS[length++] = 0xdc00 | (character & 0x3ff);
      i += 4;
    }
  }
  return length;
}
