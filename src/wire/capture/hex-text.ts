import { GrowingBytes } from '../../handshake/growing-bytes.js';
import type { Side } from '../conversation.js';
import { CaptureError } from './capture.js';

/** Bytes that were written down in one piece. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Who sent them, if the text says so. */
  readonly from: Side | undefined;
}

/** Appends to a block that doubles. */
class Output {
  readonly #bytes = new GrowingBytes();

  push(byte: number): void {
    this.#bytes.append(Uint8Array.of(byte), 0, 1);
  }

  taken(): Uint8Array {
    return this.#bytes.view().slice();
  }
}

/**
 * Reads bytes that are written as hex, without offsets: digits with or without separators, numbers with 0x, escapes with
 * \x, arrays of C, a Buffer or Uint8Array as Node prints it. Lines may say who sent them: `client: 8185…`.
 */
export function readHexText(text: string): Chunk[] {
  if (text.includes('<Buffer')) return readNodeBuffers(text);
  if (/\\x[0-9a-fA-F]{2}/.test(text)) return [chunk(readEscapes(text))];
  if (text.includes('{')) return readArrays(text);
  const list = /^\s*(?:Uint8Array\(\d+\) )?\[([\d\s,]*)\]\s*;?\s*$/.exec(text);
  if (list !== null) return [chunk(readNumbers(list[1]!))];
  return readLines(text);
}

function chunk(bytes: Uint8Array, from?: Side): Chunk {
  return { bytes, from };
}

/** Reads `<Buffer 81 85 … 5 more bytes>`. */
function readNodeBuffers(text: string): Chunk[] {
  return text
    .split('<Buffer')
    .slice(1)
    .map(part => {
      const [digits = ''] = part.split('>');
      if (digits.includes('...')) {
        throw new CaptureError(
          `expected all bytes of a Buffer, got "<Buffer …${digits.slice(digits.indexOf('...') + 3)}>", which leaves some out. ` +
            `Print buffer.toString('hex') instead`,
        );
      }
      return chunk(readDigits(digits, 0));
    });
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, a: 7, b: 8, f: 12, v: 11 };

/** Reads `"\x81\x85"`. If there are quotes, what is outside of them does not count. */
function readEscapes(text: string): Uint8Array {
  const output = new Output();
  let quote = /["'`]/.test(text) ? undefined : '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote === undefined) {
      if (/["'`]/.test(char)) quote = char;
    } else if (char === quote) {
      quote = undefined;
    } else if (char === '\\') {
      const next = text[++i] ?? '';
      const hex = next === 'x' ? /^[0-9a-fA-F]{2}/.exec(text.slice(i + 1, i + 3)) : null;
      if (hex !== null) {
        output.push(Number.parseInt(hex[0], 16));
        i += 2;
      } else if (!/\s/.test(next)) {
        output.push(ESCAPES[next] ?? next.charCodeAt(0) & 0xff);
      }
    } else if (quote !== '' || !/\s/.test(char)) {
      output.push(char.charCodeAt(0) & 0xff);
    }
  }
  return output.taken();
}

/** Reads `{ 0x81, 0x85 }`. Wireshark names the arrays of a client peer0_1, and those of its server peer1_1. */
function readArrays(text: string): Chunk[] {
  const chunks = text.split('}').flatMap(part => {
    const start = part.lastIndexOf('{');
    if (start === -1) return [];
    const [peer] = /\bpeer[01]_/.exec(part.slice(0, start)) ?? [];
    const from = peer === undefined ? undefined : peer === 'peer0_' ? 'client' : 'server';
    const content = part.slice(start + 1).replaceAll(/\/\*[^*]*\*\/|\/\/.*/g, ' ');
    const bytes = /0x/i.test(content) ? readDigits(content, 0) : readNumbers(content);
    return bytes.length > 0 ? [chunk(bytes, from)] : [];
  });
  if (chunks.length === 0) throw new CaptureError('expected bytes between { and }, got none', text.indexOf('{'));
  return chunks;
}

/** Reads decimal numbers, separated by commas or spaces. */
function readNumbers(text: string): Uint8Array {
  const numbers = text.split(/[\s,]+/).filter(word => word !== '');
  return Uint8Array.from(numbers, word => {
    const value = /^\d{1,3}$/.test(word) ? Number(word) : 256;
    if (value > 255) throw new CaptureError(`expected numbers from 0 to 255, got ${JSON.stringify(word.slice(0, 20))}`);
    return value;
  });
}

const SENDER = /^\s*(client|server|>{1,3}|<{1,3}|c2s|s2c)\s*:?\s/i;

/** A heading that `tshark -z follow` prints. */
const HEADING = /^(=+|Follow: .*|Filter: .*|Node [01]: .*)$/;

/** Reads digits. A line can say who sent it and those after it. tshark indents what the server sent. */
function readLines(text: string): Chunk[] {
  const isFollow = text.includes('Follow: tcp,');
  const chunks: Chunk[] = [];
  let digits = '';
  let start = 0;
  let offset = 0;
  let from: Side | undefined;
  const flush = () => {
    const bytes = readDigits(digits, start);
    if (bytes.length > 0) chunks.push(chunk(bytes, from));
    digits = '';
    start = offset;
  };
  for (const line of text.split('\n')) {
    const [label = ''] = SENDER.exec(line) ?? [];
    if (isFollow || label !== '') {
      flush();
      from = (isFollow ? line.startsWith('\t') : /^\s*(s|<)/i.test(label)) ? 'server' : 'client';
    }
    // The label becomes spaces, so that offsets in messages are right.
    const isHeading = isFollow && HEADING.test(line.trim());
    digits += `${isHeading ? '' : line.slice(label.length).padStart(line.length)}\n`;
    offset += line.length + 1;
  }
  flush();
  return chunks;
}

/** Returns the bytes of hex digits. Separators may be between bytes, and 0x before them. */
export function readDigits(text: string, offset: number): Uint8Array {
  const bytes = new Uint8Array(text.length / 2 + 1);
  let length = 0;
  let high = -1;
  let highAt = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = digitOf(code);
    const isPrefix = code === 0x30 && high === -1 && (text[i + 1] === 'x' || text[i + 1] === 'X');
    if (isPrefix) {
      i++;
    } else if (value === -1) {
      if (!isSeparator(code)) throw notHex(text, i, offset);
      // A number of one digit, such as 0x5.
      if (high !== -1) {
        if (text.slice(highAt - 2, highAt).toLowerCase() !== '0x') throw oddDigits(highAt + offset);
        bytes[length++] = high;
        high = -1;
      }
    } else if (high === -1) {
      high = value;
      highAt = i;
    } else {
      bytes[length++] = 16 * high + value;
      high = -1;
    }
  }
  if (high !== -1) throw oddDigits(highAt + offset);
  return bytes.subarray(0, length);
}

function oddDigits(offset: number): CaptureError {
  return new CaptureError(`expected two hex digits for each byte, got one at character ${offset}`, offset);
}

function notHex(text: string, at: number, offset: number): CaptureError {
  const found = JSON.stringify(text.slice(at, at + 20).split('\n')[0]);
  return new CaptureError(
    `expected a capture (pcap, pcapng, HAR, lines of ws101 tap), a hex dump or hex digits, got text with ${found} ` +
      `at character ${at + offset}`,
    at + offset,
  );
}

/** Returns the value of a hex digit, or -1. */
export function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** White space, the byte order mark, and what people put between bytes. */
function isSeparator(code: number): boolean {
  return code <= 0x20 || code === 0xfeff || code === 0xa0 || SEPARATORS.includes(String.fromCharCode(code));
}

const SEPARATORS = ':,;-._|"\'`[]()';
