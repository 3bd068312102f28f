import { brokenLines, elided, firstOf } from './fit.js';
import { type HeadLine, HeadLines } from './head-lines.js';
import { printableCharacters } from './printable.js';
import { widthOf } from './width.js';

/** A line of a head that is longer than this many rows is shown without its middle. */
const MAX_ROWS_OF_LINE = 3;
const ROW_INDENT = '  ';

/** Breaks a line of a head into rows, the second and later ones indented. */
export function lineRows(
  characters: readonly string[],
  { bytes, length }: Pick<HeadLine, 'bytes' | 'length'>,
  columns: number,
): string[] {
  const shorter = columns - ROW_INDENT.length;
  const mark = ` …(${length} bytes in all)`;
  // The end of a row stays empty if the mark does not fit there.
  const room = columns + (MAX_ROWS_OF_LINE - 1) * shorter - widthOf(mark);
  const shown =
    length > bytes.length
      ? [...firstOf(characters, room - widthOf(mark)), mark]
      : elided(characters, room, `${mark}… `);
  const [first, ...rest] = brokenLines(shown, columns, shorter);
  return [first!, ...rest.map(row => ROW_INDENT + row)];
}

/** Splits a text into lines of at most `columns` columns. */
export function textLines(bytes: Uint8Array, columns: number): string[] {
  const lines = new HeadLines();
  const texts: string[] = [];
  let at = 0;
  for (let taken = lines.take(bytes, at); taken !== undefined; taken = lines.take(bytes, at)) {
    at = taken.next;
    texts.push(...brokenLines(printableCharacters(taken.line.bytes, 'bare'), columns));
  }
  const last = lines.takeUnfinished();
  return last === undefined ? texts : [...texts, ...brokenLines(printableCharacters(last.bytes, 'bare'), columns)];
}
