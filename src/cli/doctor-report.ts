/** Shows what the doctor found: the stages as they end, and then the causes. */
import { type DoctorReport, isSecretHeader, type Stage, type StageDetail, withoutSecrets } from '../tools/index.js';
import {
  type Diagnosis,
  type Fixes,
  nameOfProduct,
  type Paint,
  printableText,
  widthOf,
  wrapped,
} from '../wire/index.js';

const MARKS: Readonly<Record<Stage['status'], string>> = { ok: '✓', warning: '!', failed: '✗', info: '·' };

/** The column in which the text of a stage begins. */
const TEXT_COLUMN = 22;
const INDENT = 2;
const PRODUCT_WIDTH = 12;
/** The column, within a line of a head, in which what is said about it begins if there is room for the longest line. */
const NOTE_COLUMN = 52;
const WIDE = 90;
/** The size of a message, in bytes, that shows that limits are not low. */
const LARGE = 100_000;
const VERDICTS: Readonly<Record<NonNullable<StageDetail['verdict']>, string>> = { right: '✓', note: ' ', wrong: '✗' };

export interface ReportStyle {
  readonly paint: Paint;
  readonly warn: (text: string) => string;
  readonly columns: number;
  /** Whether the request and the response are shown even if they are as they should be. */
  readonly isVerbose: boolean;
}

/** Returns the lines of a stage. */
export function stageLines(stage: Stage, style: ReportStyle): string[] {
  const { name, status, time, summary, details } = stage;
  const { paint, columns } = style;
  const color = { ok: paint.good, failed: paint.bad, warning: style.warn, info: paint.note }[status];
  const width = columns - TEXT_COLUMN;
  const duration = time === undefined ? '' : durationOf(time);
  const start = `${' '.repeat(INDENT)}${color(MARKS[status])} ${name.padEnd(9)}${paint.note(duration.padStart(7))}  `;
  const indent = ' '.repeat(TEXT_COLUMN);
  const [first, ...more] = wrapped(printableText(summary), width, 0);
  const lines = [start + first, ...more.map(line => indent + line)];
  if (!isShown(stage, style)) return lines;
  for (const detail of details) lines.push(...detailLines(detail, style));
  return lines;
}

/** A line, and what is to be said about it: beside it if there is room, and otherwise below if it matters. */
function detailLines({ text, verdict, note = '' }: StageDetail, { paint, columns }: ReportStyle): string[] {
  const indent = ' '.repeat(TEXT_COLUMN);
  if (verdict === undefined)
    return hanging(printableText(text), columns - TEXT_COLUMN).map(row => indent + paint.note(row));
  const color = verdict === 'wrong' ? paint.bad : verdict === 'right' ? paint.good : paint.note;
  const colorOfNote = verdict === 'wrong' ? paint.bad : paint.note;
  const width = columns - TEXT_COLUMN - INDENT;
  const [shown, said] = [printableText(text), printableText(note)];
  const beside = Math.max(widthOf(shown) + 2, width >= WIDE ? NOTE_COLUMN : 0);
  const isBeside =
    said !== '' && shown !== '' && (width >= WIDE || verdict === 'wrong') && beside + widthOf(said) <= width;
  const rows = isBeside
    ? [shown + ' '.repeat(beside - widthOf(shown)) + colorOfNote(said)]
    : [
        ...(shown === '' ? [] : hanging(shown, width)),
        ...(said !== '' && (shown === '' || verdict === 'wrong') ? hanging(said, width).map(colorOfNote) : []),
      ];
  return rows.map((row, i) => `${indent}${i === 0 ? color(VERDICTS[verdict]) : ' '} ${row}`);
}

/** Breaks a text into rows, the later ones indented. */
function hanging(text: string, width: number): string[] {
  return wrapped(text, width, INDENT).map((row, i) => (i === 0 ? row : ' '.repeat(INDENT) + row));
}

function isShown({ name, status }: Stage, { isVerbose }: ReportStyle): boolean {
  if (isVerbose || status === 'failed' || status === 'warning') return true;
  return name === 'retries' || name === 'tls';
}

/** Returns the lines of the verdict: the causes, what to do, and what was not checked. */
export function verdictLines(report: DoctorReport, style: ReportStyle): string[] {
  const { paint } = style;
  const lines: string[] = [];
  for (const diagnosis of report.diagnoses) lines.push('', ...diagnosisLines(diagnosis, style));
  if (report.verdict !== 'problem') {
    const works = report.diagnoses.length === 0 ? 'the WebSocket works' : 'the WebSocket works otherwise';
    lines.push('', paint.good(`Healthy  ${works}`));
    const { idle, message } = report.facts.session ?? {};
    const unchecked = [
      ...(idle === undefined ? ['whether the connection stays open without traffic (--idle 65)'] : []),
      ...((message?.size ?? 0) < LARGE ? ['large messages (--size 1000000)'] : []),
    ];
    if (unchecked.length > 0) lines.push(...rowsOf(`Not checked: ${unchecked.join(', and ')}.`, style, paint.note));
  }
  return lines;
}

/** Returns the lines of a cause, with what to do. */
export function diagnosisLines(
  { severity, cause, advice, section, fixes = {}, product }: Diagnosis,
  style: Omit<ReportStyle, 'isVerbose'> & Partial<ReportStyle>,
): string[] {
  const { paint, warn, columns, isVerbose = false } = style;
  const color = severity === 'problem' ? paint.bad : warn;
  const label = severity === 'problem' ? 'Problem' : 'Warning';
  const [first, ...more] = wrapped(`${label}  ${printableText(cause)}`, columns, 9);
  const lines = [
    paint.heading(color(label)) + paint.heading(first.slice(label.length)),
    ...more.map(line => paint.heading(' '.repeat(9) + line)),
    ...rowsOf(printableText(advice), style),
  ];
  const shown = (Object.entries(fixes) as ReadonlyArray<readonly [keyof Fixes, string]>).filter(
    ([name]) => isVerbose || product === undefined || name === product,
  );
  for (const [name, fix] of shown) {
    const width = columns - 9 - PRODUCT_WIDTH;
    // One directive per line, to be copied.
    const [row, ...rest] = fix.split(/(?<=;) /).flatMap(directive => wrapped(directive, width, 0));
    lines.push(
      `${' '.repeat(9)}${paint.client(nameOfProduct(name).padEnd(PRODUCT_WIDTH))}${row}`,
      ...rest.map(line => ' '.repeat(9 + PRODUCT_WIDTH) + line),
    );
  }
  if (section !== undefined) lines.push(...rowsOf(section, style, paint.note));
  return lines;
}

function rowsOf(
  text: string,
  { columns }: Pick<ReportStyle, 'columns'>,
  paint: (text: string) => string = same => same,
): string[] {
  return wrapped(text, columns - 9, 0).map(line => paint(' '.repeat(9) + line));
}

function durationOf(time: number): string {
  if (time >= 9_950) return `${Math.round(time / 1000)} s`;
  return time >= 1_000 ? `${(time / 1000).toFixed(1)} s` : `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}

/** Returns the report as JSON. Bytes are hex digits, and credentials are left out. */
export function reportJson(report: DoctorReport): string {
  return JSON.stringify(plain(report), undefined, 2);
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  const [name, text, ...more] = value as readonly unknown[];
  const isSecret = typeof name === 'string' && typeof text === 'string' && more.length === 0 && isSecretHeader(name);
  return isSecret ? [name, '…'] : value.map(plain);
}
