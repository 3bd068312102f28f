import { maskTo } from '../../framing/masking.js';
import { OPCODE, opcodeName } from '../../framing/opcode.js';
import { hexPreview, quotedPreview, wrapped } from '../fit.js';
import { type FrameField, frameFields } from '../frame-fields.js';
import { FRAME_COLUMNS, frameLines } from '../frame-line.js';
import type { FrameItem, MessageItem, ViolationItem } from '../items.js';
import { PLAIN } from '../paint.js';
import { hexPair, printableCharacters, printableText } from '../printable.js';
import { widthOf } from '../width.js';
import { DIAGRAM_COLUMNS, frameDiagram } from './frame-diagram.js';
import { type Lead, type Page, spaces } from './page.js';
import type { Prefix } from './prefix.js';

const INDEX_COLUMNS = 6;
const INDENT = 4;

/** Between a diagram and its fields, which need this many columns to be beside it. */
const GAP = 3;
const LEAST_BESIDE = 60;
const RULER_LINES = 2;

/** How many bytes of a payload are unmasked step by step. */
const UNMASKED = 8;

/** Writes the names of the columns of frames. */
export function writeFrameColumns(page: Page, prefix: Prefix): void {
  const names = ' '.repeat(prefix.width) + 'frame'.padEnd(INDEX_COLUMNS) + FRAME_COLUMNS;
  page.line(page.paint.note(names.length > page.columns ? names.replace(' (unmasked)', '') : names));
}

/** Writes a frame in one line, or two if its payload does not fit. */
export function writeFrame(page: Page, prefix: Prefix, frame: FrameItem): void {
  const lead = prefix.of(frame);
  const width = page.columns - lead.width - INDEX_COLUMNS;
  const [line, ...more] = frameLines(frame, width);
  const { bad, note } = page.paint;
  page.line(`${lead.text}${`#${frame.index}`.padEnd(INDEX_COLUMNS)}${frame.error === undefined ? line : bad(line)}`);
  for (const rest of more) page.line(' '.repeat(prefix.width + INDEX_COLUMNS) + rest);
  if (frame.answers !== undefined) {
    const { ping, after } = frame.answers;
    const time = after === undefined ? '' : ` after ${duration(after)}`;
    page.text(below(prefix), `answers the Ping in #${ping}${time}`, note);
  }
}

/** Writes a message that is not the payload of one frame. */
export function writeMessage(page: Page, prefix: Prefix, message: MessageItem): void {
  const { frames, compressedLength, length, opcode, data, note } = message;
  const from = frames === undefined ? '' : frames[0] === frames[1] ? '' : ` of #${frames[0]} to #${frames[1]}`;
  const inflated = compressedLength === undefined || note !== undefined ? '' : `, inflated from ${compressedLength}`;
  const isUnread = note !== undefined && compressedLength !== undefined;
  const what = `${opcode === OPCODE.CONTINUATION ? 'message' : opcodeName(opcode)}${from}, ${bytes(length)}${inflated}: `;
  const lead = frames === undefined ? prefix.of(message) : below(prefix);
  const room = page.columns - lead.width - 2;
  const excerpt = { start: data, end: data.subarray(data.length), length: isUnread ? data.length : length };
  const isText = opcode === OPCODE.TEXT && !isUnread;
  const preview = isText
    ? quotedPreview(excerpt, Math.max(20, room - widthOf(what)))
    : hexPreview(excerpt, Math.max(20, room - widthOf(what)));
  page.line(`${lead.text}${frames === undefined ? '' : '= '}${page.paint.note(what)}${preview}`);
  if (note !== undefined) page.text(below(prefix), `  ${printableText(note)}`, page.paint.note);
}

/** Whether a message says more than its frame. */
export function isWorthALine({ frames, compressedLength, note }: MessageItem): boolean {
  return frames === undefined || frames[0] !== frames[1] || compressedLength !== undefined || note !== undefined;
}

/** Writes a broken rule. */
export function writeViolation(page: Page, prefix: Prefix, { violation, detail, offset, from }: ViolationItem): void {
  const { bad } = page.paint;
  const what = detail === '' ? violation.message : `${violation.message}: ${printableText(detail)}`;
  const { text, width } = below(prefix);
  page.text(
    { text: text + bad('✗ '), width: width + 2 },
    `${what} (${violation.section}), at byte ${offset} of the ${from}`,
    bad,
  );
  page.text(
    spaces(width + 2),
    `the receiver must fail the connection with ${violation.closeCode} (§7.1.7); nothing after it is decoded`,
    bad,
  );
}

/** Writes the fields of a frame, bit by bit, beside the diagram if there is room. */
export function writeFields(page: Page, frame: FrameItem): void {
  const wire = onTheWire(frame);
  const diagram = frameDiagram(frame, wire, page.paint);
  const fields = frameFields(frame);
  const beside = page.columns - INDENT - DIAGRAM_COLUMNS - GAP;
  const isBeside = beside >= LEAST_BESIDE;
  const rows = fieldRows(fields, isBeside ? beside : page.columns - INDENT, page.paint.bad);
  page.line();
  if (isBeside) {
    const widths = frameDiagram(frame, wire, PLAIN).map(widthOf);
    // The fields begin below the ruler.
    for (let i = 0; i < Math.max(diagram.length, rows.length + RULER_LINES); i++) {
      const gap = ' '.repeat(DIAGRAM_COLUMNS + GAP - (widths[i] ?? 0));
      page.line(' '.repeat(INDENT) + (diagram[i] ?? '') + gap + (rows[i - RULER_LINES] ?? ''));
    }
  } else {
    for (const line of [...diagram, '', ...rows]) page.line(line === '' ? '' : ' '.repeat(INDENT) + line);
  }
  page.line();
  const header = Array.from(frame.header, hexPair).join(' ');
  const start = `byte ${frame.offset} of the ${frame.from}: ${header}`;
  const room = page.columns - INDENT - start.length - 3;
  const payload = { start: wire, end: wire.subarray(wire.length), length: frame.received };
  const shown = wire.length === 0 ? '' : ` | ${hexPreview(payload, Math.max(room, 8))}`;
  page.text(spaces(INDENT), start + shown, page.paint.note);
  writeUnmasking(page, spaces(INDENT), frame, wire);
  page.line();
}

/** Writes how the first bytes of the payload are unmasked (§5.3). */
function writeUnmasking(page: Page, lead: Lead, { masked, maskingKey, payload }: FrameItem, wire: Uint8Array): void {
  if (!masked || payload.length === 0) return;
  const key = Array.from({ length: 4 }, (_, i) => (maskingKey >>> (24 - 8 * i)) & 0xff);
  const steps = Array.from(wire.subarray(0, UNMASKED), (byte, i) => {
    const [shown = ''] = printableCharacters(payload.subarray(i, i + 1), 'quoted');
    const character = shown.length === 1 ? ` '${shown}'` : '';
    return `${hexPair(byte)} ^ ${hexPair(key[i % 4]!)} = ${hexPair(payload[i]!)}${character}`;
  });
  if (payload.length > steps.length) steps.push('…');
  const label = 'unmasked (§5.3): ';
  const rows: string[] = [];
  for (const step of steps) {
    const row = rows.at(-1);
    if (row !== undefined && widthOf(`${row}, ${step}`) < page.columns - lead.width - label.length)
      rows[rows.length - 1] = `${row}, ${step}`;
    else rows.push(step);
  }
  page.rows({ text: lead.text + page.paint.note(label), width: lead.width + label.length }, rows, {
    paint: page.paint.note,
  });
}

/** Returns the kept payload as it was sent. */
function onTheWire({ masked, maskingKey, payload }: FrameItem): Uint8Array {
  if (!masked) return payload;
  const bytes = new Uint8Array(payload.length);
  maskTo(payload, 0, payload.length, bytes, 0, maskingKey, 0);
  return bytes;
}

/** The column in which the meaning of a field begins. */
const MEANING_COLUMN = 30;

/** For example `4-7    opcode            0x1  text: a data frame`. Reserved bits that are not set share a row. */
function fieldRows(fields: readonly FrameField[], columns: number, bad: (text: string) => string): string[] {
  const unset = fields.filter(({ name, value }) => name.startsWith('RSV') && value === 0n);
  const areUnset = unset.length === 3;
  const shown = areUnset ? fields.filter(field => field !== unset[1] && field !== unset[2]) : fields;
  return shown.flatMap(field => {
    const { name, bit, bits, meaning, section, error } = field;
    const isReserved = areUnset && field === unset[0];
    const last = isReserved ? 3 : bit + bits - 1;
    const place = bit === last ? String(bit) : `${bit}-${last}`;
    const number = isReserved ? '000' : valueText(field);
    const start = `${place.padEnd(6)} ${(isReserved ? 'RSV1-3' : shortName(name)).padEnd(12)} ${number.padStart(8)}  `;
    const what = error === undefined ? `${meaning} (${section})` : `✗ ${error.message} (${error.section})`;
    const rows = wrapped(what, columns - MEANING_COLUMN, 0);
    return rows.map((row, i) => {
      const text = (i === 0 ? start : ' '.repeat(MEANING_COLUMN)) + row;
      return error === undefined ? text : bad(text);
    });
  });
}

function valueText({ name, value }: FrameField): string {
  if (name === 'opcode') return `0x${value.toString(16)}`;
  return name === 'masking key' ? value.toString(16).padStart(8, '0') : String(value);
}

function shortName(name: string): string {
  return name.replace('extended payload length', 'ext. length').replace('payload length', 'length');
}

function below(prefix: Prefix): Lead {
  return spaces(prefix.width + INDEX_COLUMNS);
}

/** Returns a length of time, such as `3.2 ms` or `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(3)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
