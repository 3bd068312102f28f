import { decodeUtf8, isUtf8 } from '#platform';

/**
 * Bytes of a peer's as text that a terminal can be shown. What would move the cursor, change colours, reverse the line or stay
 * invisible is written as an escape: a peer must not be able to draw on the screen of whoever looks at it.
 */

/** Controls, invisible and unassigned characters, and every space but the usual one. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;
/** Characters that take two columns of a terminal, near enough to keep a line within its width. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff00-\uff60]/u;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** How a piece of text is to be read. In quotes, `"` and `\` are escaped too, so that each text is written in one way alone. */
export type Quoting = 'bare' | 'quoted';

/** The characters in `bytes`, printable or escaped; a byte that belongs to none as `\xNN`. */
export function* printableCharacters(bytes: Uint8Array, quoting: Quoting): Generator<string, undefined> {
  let at = 0;
  while (at < bytes.length) {
    const end = at + sequenceLength(bytes[at]!);
    if (end <= bytes.length && isUtf8(bytes, at, end)) {
      yield printable(decodeUtf8(bytes, at, end), quoting);
      at = end;
    } else {
      yield hexEscape(bytes[at]!);
      at++;
    }
  }
}

/** A text with its control and invisible characters escaped. */
export function printableText(text: string): string {
  return Array.from(text, character => printable(character, 'bare')).join('');
}

/** `bytes` as lines of at most `columns` columns. One empty line where there are none. */
export function printableLines(bytes: Uint8Array, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const character of printableCharacters(bytes, 'bare')) {
    const more = columnsOf(character);
    if (width + more > columns) {
      lines.push(line);
      line = '';
      width = 0;
    }
    line += character;
    width += more;
  }
  return [...lines, line];
}

/**
 * A text in quotes, cut to `columns` columns.
 *
 * @param bytes its beginning; more than `columns` characters of it are never needed
 * @param length how many bytes it has in all
 */
export function quotedPreview(bytes: Uint8Array, length: number, columns: number): string {
  const room = columns - '""'.length;
  let text = '';
  let width = 0;
  /** What is shown where the text turns out to be too long: it leaves room for the mark that says so. */
  let cut = '';
  for (const character of printableCharacters(bytes, 'quoted')) {
    width += columnsOf(character);
    if (width > room) return `"${cut}"…`;
    text += character;
    if (width < room) cut = text;
  }
  return length > bytes.length ? `"${cut}"…` : `"${text}"`;
}

/** Bytes as hex pairs, cut to `columns` columns. `length` is how many there are in all. */
export function hexPreview(bytes: Uint8Array, length: number, columns: number): string {
  const fitting = Math.floor((columns + 1) / 3);
  const pairs = Array.from(bytes.subarray(0, fitting), hexPair);
  if (length <= pairs.length) return pairs.join(' ');
  return [...pairs.slice(0, fitting - 1), '…'].join(' ');
}

export function hexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function printable(character: string, quoting: Quoting): string {
  if (quoting === 'quoted' && (character === '"' || character === '\\')) return `\\${character}`;
  if (character === ' ' || !UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0)!;
  return SHORT.get(character) ?? (code < 0x80 ? hexEscape(code) : `\\u{${code.toString(16)}}`);
}

/** Only ever of a byte: `\xNN` of one from 0x80 on is a byte that is no UTF-8, and never the character U+00NN. */
function hexEscape(byte: number): string {
  return `\\x${hexPair(byte)}`;
}

/** The columns of one printable character or of one escape. */
function columnsOf(character: string): number {
  if (character.startsWith('\\')) return character.length;
  return WIDE.test(character) ? 2 : 1;
}

/** How many bytes the UTF-8 sequence takes that begins with this one; 1 where none does. */
function sequenceLength(byte: number): number {
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
