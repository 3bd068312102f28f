import { decodeUtf8, isUtf8 } from '#platform';
import { columnsOf } from './width.js';

/**
 * Turns bytes and texts of a peer into text that is safe to show on a terminal. A peer must not be able to move the
 * cursor, change colors, reverse the reading direction, or hide anything: every character that could is written as an
 * escape.
 */

/**
 * Control and format characters (bidirectional controls, zero-width characters, tags), unpaired surrogates, private-use
 * and unassigned characters, line separators, spaces other than U+0020, and characters that are drawn as nothing
 * (Default_Ignorable_Code_Point, such as variation selectors and Hangul fillers; U+2800, the blank Braille pattern).
 */
const UNPRINTABLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** More combining marks than this on one character are escaped: a pile of them draws over the lines above and below. */
const MAX_MARKS = 4;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** How a text is shown. In quotes, `"` and `\` are escaped too, so that every text is shown differently. */
export type Quoting = 'bare' | 'quoted';

/**
 * Yields the characters of `bytes`, each unchanged or as an escape. A byte that is not part of valid UTF-8 becomes
 * `\xNN`.
 */
export function* printableCharacters(bytes: Uint8Array, quoting: Quoting): Generator<string, undefined> {
  const escaper = new Escaper(quoting);
  let at = 0;
  while (at < bytes.length) {
    const end = at + sequenceLength(bytes[at]!);
    if (end <= bytes.length && isUtf8(bytes, at, end)) {
      yield escaper.character(decodeUtf8(bytes, at, end));
      at = end;
    } else {
      yield escaper.byte(bytes[at]!);
      at++;
    }
  }
}

/** Escapes every character that a terminal would not show as itself. Backslashes and quotes are unchanged. */
export function printableText(text: string): string {
  const escaper = new Escaper('bare');
  return Array.from(text, character => escaper.character(character)).join('');
}

export function hexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Escapes one character after another. It remembers how many combining marks precede the next one. */
class Escaper {
  readonly #quoting: Quoting;
  /**
   * Starts at the maximum: a mark without a base character would be drawn over an escape, or over what precedes the
   * text.
   */
  #marks = MAX_MARKS;

  constructor(quoting: Quoting) {
    this.#quoting = quoting;
  }

  /** @param character one code point */
  character(character: string): string {
    if (UNPRINTABLE.test(character) && character !== ' ') return this.#escaped(character);
    if (columnsOf(character) === 0) return this.#marks++ < MAX_MARKS ? character : this.#escaped(character);
    this.#marks = character === ' ' ? MAX_MARKS : 0;
    return this.#quoting === 'quoted' && (character === '"' || character === '\\') ? `\\${character}` : character;
  }

  byte(byte: number): string {
    this.#marks = MAX_MARKS;
    return hexEscape(byte);
  }

  #escaped(character: string): string {
    this.#marks = MAX_MARKS;
    const code = character.codePointAt(0)!;
    return SHORT.get(character) ?? (code < 0x80 ? hexEscape(code) : `\\u{${code.toString(16)}}`);
  }
}

/** `\xNN` from 0x80 on always means a byte that is not valid UTF-8, never the character U+00NN. */
function hexEscape(byte: number): string {
  return `\\x${hexPair(byte)}`;
}

/** Returns the length of the UTF-8 sequence that starts with this byte, or 1 if none does. */
function sequenceLength(byte: number): number {
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
