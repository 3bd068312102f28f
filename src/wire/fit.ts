import { hexPair, printableCharacters } from './printable.js';
import { widthOf } from './width.js';

/** Makes texts and bytes fit into the columns of a terminal, by breaking them into lines or omitting their middle. */

/** The start and the end of some bytes. The bytes between them may be unknown. */
export interface Excerpt {
  readonly start: Uint8Array;
  /** The last bytes, except those in `start`. */
  readonly end: Uint8Array;
  /** The number of bytes in all. */
  readonly length: number;
}

/** If the middle is omitted, the end gets this share of the columns, and the start gets the rest. */
const END_SHARE = 1 / 3;

/** Returns a text in quotes that fits into `columns`: whole, as `"start"…"end"`, or as `"start"…`. */
export function quotedPreview(excerpt: Excerpt, columns: number): string {
  const { start, end, isWhole } = joined(excerpt);
  const characters = [...printableCharacters(start, 'quoted')];
  const whole = `"${characters.join('')}"`;
  if (isWhole && widthOf(whole) <= columns) return whole;
  const last = isWhole ? characters : [...printableCharacters(end.subarray(firstCharacter(end)), 'quoted')];
  const room = columns - '""…""'.length;
  const tail = lastOf(last, Math.floor(room * END_SHARE)).join('');
  if (tail === '') return `"${firstOf(characters, columns - '""…'.length).join('')}"…`;
  return `"${firstOf(characters, room - widthOf(tail)).join('')}"…"${tail}"`;
}

/** Returns bytes as pairs of hex digits that fit into `columns`: all of them, or the first and the last. */
export function hexPreview(excerpt: Excerpt, columns: number): string {
  const { start, end, isWhole } = joined(excerpt);
  const fitting = Math.floor((columns + 1) / 3);
  if (isWhole && start.length <= fitting) return Array.from(start, hexPair).join(' ');
  const last = isWhole ? start : end;
  const tail = last.subarray(last.length - Math.min(last.length, Math.floor((fitting - 1) * END_SHARE)));
  const head = start.subarray(0, fitting - 1 - tail.length);
  return [...Array.from(head, hexPair), '…', ...Array.from(tail, hexPair)].join(' ');
}

/** A line is broken after a space if at least this share of the line is then filled. */
const FILLED_SHARE = 2 / 3;

/**
 * Breaks characters into lines of at most `columns` columns, or `later` columns after the first line. Nothing is
 * omitted: a space stays at the end of its line. Returns one empty line if there are no characters.
 */
export function brokenLines(characters: Iterable<string>, columns: number, later: number = columns): string[] {
  const lines: string[] = [];
  let rest = [...characters];
  do {
    const room = lines.length === 0 ? columns : later;
    const fitting = firstOf(rest, room).length;
    const space = fitting === rest.length ? -1 : rest.lastIndexOf(' ', fitting - 1);
    const length = space + 1 >= fitting * FILLED_SHARE ? space + 1 : fitting;
    lines.push(rest.slice(0, length).join(''));
    rest = rest.slice(length);
  } while (rest.length > 0);
  return lines;
}

/** Returns characters that fit into `columns`: all of them, or the first and the last with `mark` between them. */
export function elided(characters: readonly string[], columns: number, mark: string): readonly string[] {
  if (widthOf(characters.join('')) <= columns) return characters;
  const room = columns - widthOf(mark);
  const tail = lastOf(characters, Math.floor(room * END_SHARE));
  return [...firstOf(characters, room - widthOf(tail.join(''))), mark, ...tail];
}

/**
 * Breaks a sentence at its spaces into lines of at most `columns` columns. Lines after the first are `indent` columns
 * shorter.
 */
export function wrapped(text: string, columns: number, indent: number): [string, ...string[]] {
  if (widthOf(text) <= columns) return [text];
  const first = firstOf(text, columns).join('');
  const space = text.startsWith(' ', first.length) ? first.length : first.lastIndexOf(' ');
  const line = text.slice(0, Math.max(0, space)).trimEnd() || first;
  const rest = text.slice(line.length).trimStart();
  return rest === '' ? [line] : [line, ...wrapped(rest, columns - indent, 0)];
}

/** Joins `start` and `end` if no byte is missing between them. */
function joined({ start, end, length }: Excerpt): { start: Uint8Array; end: Uint8Array; isWhole: boolean } {
  if (start.length + end.length < length) return { start, end, isWhole: false };
  const whole = new Uint8Array(length);
  whole.set(start);
  whole.set(end, start.length);
  return { start: whole, end, isWhole: true };
}

/** Returns the index of the first byte that does not continue a UTF-8 character. */
function firstCharacter(bytes: Uint8Array): number {
  const at = bytes.findIndex(byte => (byte & 0xc0) !== 0x80);
  return at === -1 ? 0 : at;
}

/** Returns as many of the first characters as fit. */
export function firstOf(characters: Iterable<string>, columns: number): string[] {
  const first: string[] = [];
  let width = 0;
  for (const character of characters) {
    width += widthOf(character);
    if (width > columns) break;
    first.push(character);
  }
  return first;
}

/** Returns as many of the last characters as fit. */
function lastOf(characters: readonly string[], columns: number): string[] {
  return firstOf(characters.toReversed(), columns).reverse();
}
