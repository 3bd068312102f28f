/** Shows what the doctor found: the stages as they end, and then the causes. */
import {
  type DoctorReport,
  isSecretHeader,
  type Stage,
  type StageDetail,
  withoutSecrets,
} from '../tools/doctor/index.js';
import { wrapped } from '../wire/fit.js';
import { type Diagnosis, type Fixes, nameOfProduct, type Paint, printableText } from '../wire/index.js';

const MARKS: Readonly<Record<Stage['status'], string>> = { ok: '✓', warning: '!', failed: '✗', info: '·' };

/** The column in which the text of a stage begins. */
const TEXT_COLUMN = 22;
const INDENT = 2;
const PRODUCT_WIDTH = 12;
/** The column, within a line of a head, in which what is said about it begins. */
const NOTE_COLUMN = 44;

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

/** A line, and what is to be said about it: beside it if there is room, and otherwise below. */
function detailLines({ text, verdict, note = '' }: StageDetail, { paint, warn, columns }: ReportStyle): string[] {
  const width = columns - TEXT_COLUMN;
  const indent = ' '.repeat(TEXT_COLUMN);
  const color = verdict === 'wrong' ? paint.bad : verdict === 'right' ? paint.good : paint.note;
  const colorOfNote = verdict === 'wrong' ? paint.bad : verdict === 'note' ? warn : paint.note;
  const [shown, said] = [printableText(text), printableText(note)];
  if (said === '')
    return wrapped(shown, width, INDENT).map((row, i) => indent + ' '.repeat(i === 0 ? 0 : INDENT) + paint.note(row));
  const beside = Math.max(shown.length + 2, NOTE_COLUMN);
  if (shown !== '' && beside + said.length <= width) return [indent + color(shown.padEnd(beside)) + colorOfNote(said)];
  // What is right needs no line of its own.
  if (verdict === 'right' || (verdict === 'note' && shown !== '' && width < NOTE_COLUMN + 40))
    return wrapped(shown, width, INDENT).map((row, i) => indent + ' '.repeat(i === 0 ? 0 : INDENT) + color(row));
  const below = wrapped(said, width - INDENT, 0).map(row => `${indent}${' '.repeat(INDENT)}${colorOfNote(row)}`);
  if (shown === '') return below;
  return [
    ...wrapped(shown, width, INDENT).map((row, i) => indent + ' '.repeat(i === 0 ? 0 : INDENT) + color(row)),
    ...below,
  ];
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
    if (report.facts.session?.idle === undefined) {
      lines.push(
        ...rowsOf(
          'Not checked: whether an idle connection stays open. --idle 65 finds proxies that cut it after 60 s.',
          style,
          paint.note,
        ),
      );
    }
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
  const shown = Object.entries(fixes).filter(([name]) => isVerbose || product === undefined || name === product);
  for (const [name, fix] of shown) {
    const width = columns - 9 - PRODUCT_WIDTH;
    const [row, ...rest] = wrapped(fix, width, 0);
    lines.push(
      `${' '.repeat(9)}${paint.client(nameOfProduct(name as keyof Fixes).padEnd(PRODUCT_WIDTH))}${row}`,
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
