import type { FrameField, FrameFieldsInput } from '../frame-fields.js';
import { frameFields } from '../frame-fields.js';
import type { Paint } from '../paint.js';
import { hexPair } from '../printable.js';

/** The width of a diagram, in columns: 32 bits of two columns, and the last border. */
export const DIAGRAM_COLUMNS = 65;

const BITS_PER_ROW = 32;

/** The names of fields of one bit are written downwards, as in the RFC. */
const NAME_ROWS = 4;

const RULER: readonly string[] = [
  ' 0                   1                   2                   3',
  ' 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1',
];

/** A part of a row: a field, or as much of it as is in this row. */
interface Cell {
  readonly bits: number;
  readonly name: string;
  /** The bits or bytes in it. */
  readonly content: string;
  readonly isWrong: boolean;
}

/**
 * Draws the header of a frame, and the payload up to the end of the row, in the layout of RFC 6455 §5.2. Each bit is
 * below its number:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R|opcode |M| payload     |          masking key          |
 *     |I|S|S|S|       |A| length      |                               |
 *     |N|V|V|V|       |S|             |                               |
 *     | |1|2|3|       |K|             |                               |
 *     |1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|             37 fa             |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |          masking key          |         payload data          |
 *     |             21 3d             |             7f 9f             |
 *     +-------------------------------+-------------------------------+
 *
 * @param payload the payload as on the wire
 */
export function frameDiagram(input: FrameFieldsInput, payload: Uint8Array, paint: Paint): string[] {
  const rows = rowsOf(frameFields(input), input.header, payload);
  const lines = RULER.map(line => paint.note(line));
  rows.forEach((row, i) => {
    // The names of the first row may be written downwards.
    const names = i === 0 ? NAME_ROWS : 1;
    lines.push(paint.note(border(row, rows[i - 1])));
    for (let line = 0; line < names; line++) lines.push(lineOf(row, cell => nameLine(cell, line), paint));
    lines.push(lineOf(row, ({ content, bits }) => centered(content, 2 * bits - 1), paint));
  });
  lines.push(paint.note(border(rows.at(-1) ?? [], undefined)));
  return lines;
}

function rowsOf(fields: readonly FrameField[], header: Uint8Array, payload: Uint8Array): Cell[][] {
  const rows: Cell[][] = [];
  let bit = 0;
  const add = (cell: Cell) => {
    if (bit % BITS_PER_ROW === 0) rows.push([]);
    rows.at(-1)!.push(cell);
    bit += cell.bits;
  };
  for (const { name, bits, error } of fields) {
    for (let left = bits; left > 0; ) {
      const here = Math.min(left, BITS_PER_ROW - (bit % BITS_PER_ROW));
      add({ bits: here, name, content: contentOf(header, bit, here), isWrong: error !== undefined });
      left -= here;
    }
  }
  const room = (BITS_PER_ROW - (bit % BITS_PER_ROW)) % BITS_PER_ROW;
  const shown = payload.subarray(0, room === 0 ? 4 : room / 8);
  if (room % 8 === 0 && shown.length > 0 && fields.length >= WHOLE) {
    const more = payload.length > shown.length ? ' …' : '';
    const content = Array.from(shown, hexPair).join(' ') + more;
    add({ bits: room === 0 ? BITS_PER_ROW : room, name: 'payload data', content, isWrong: false });
  }
  return rows;
}

/** How many fields the shortest header has. */
const WHOLE = 7;

/** Bits if they are few, otherwise bytes. */
function contentOf(header: Uint8Array, bit: number, bits: number): string {
  if (bits >= 8) return Array.from(header.subarray(bit / 8, (bit + bits) / 8), hexPair).join(' ');
  return Array.from({ length: bits }, (_, i) => (header[(bit + i) >> 3]! >> (7 - ((bit + i) & 7))) & 1).join(' ');
}

function border(row: readonly Cell[], above: readonly Cell[] | undefined): string {
  const corners = new Set([...edges(row), ...edges(above ?? [])]);
  const bits = Math.max(widthOf(row), widthOf(above ?? []));
  return Array.from({ length: bits + 1 }, (_, bit) => (corners.has(bit) ? '+' : '-')).join('-');
}

function edges(row: readonly Cell[]): number[] {
  const found = [0];
  for (const { bits } of row) found.push(found.at(-1)! + bits);
  return found;
}

function widthOf(row: readonly Cell[]): number {
  return row.reduce((sum, { bits }) => sum + bits, 0);
}

function lineOf(row: readonly Cell[], textOf: (cell: Cell) => string, paint: Paint): string {
  const edge = paint.note('|');
  return `${edge}${row.map(cell => (cell.isWrong ? paint.bad(textOf(cell)) : textOf(cell)) + edge).join('')}`;
}

/** Returns one line of the name of a cell, as wide as the cell. */
function nameLine({ name, bits }: Cell, line: number): string {
  const width = 2 * bits - 1;
  if (bits === 1) return name[line] ?? ' ';
  const words = name.length <= width ? [name] : name.split(' ');
  return centered(words[line] ?? '', width);
}

function centered(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return (' '.repeat(Math.max(0, left)) + text).padEnd(width);
}
