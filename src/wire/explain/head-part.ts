import { proveAccept } from '../head-notes.js';
import { lineRows, textLines } from '../head-rows.js';
import type { BodyItem, Finding, HeadItem, JudgedLine, Verdict } from '../items.js';
import { printableCharacters, printableText } from '../printable.js';
import { type Lead, type Page, spaces } from './page.js';
import type { Prefix } from './prefix.js';

const MAX_BODY_LINES = 12;
const MAX_BODY = 4_096;

const MARKS: Readonly<Record<Verdict, string>> = { right: '✓ ', note: '  ', wrong: '✗ ' };
const MARK_COLUMNS = 2;

/** Writes a head, each line with its verdict, and what is to be said about it as a whole. */
export function writeHead(page: Page, prefix: Prefix, head: HeadItem): void {
  const { paint } = page;
  for (const [i, line] of head.lines.entries()) writeLine(page, i === 0 ? prefix.of(head) : prefix.after(head), line);
  if (head.isCutOff) page.line(`${prefix.after(head).text}  …`);
  for (const finding of head.findings) {
    const isWrong = finding.verdict === 'wrong';
    const lead = marked(prefix.after(head), isWrong ? paint.bad('✗ ') : paint.heading('! '));
    page.text(lead, noteOf(finding), isWrong ? paint.bad : paint.heading);
  }
  if (head.accept !== undefined) {
    const { key, actual, expected } = head.accept;
    const { lines, verdict, isRight } = proveAccept(key, actual, expected);
    const margin = spaces(prefix.width + MARK_COLUMNS);
    page.line();
    for (const line of lines) page.text(margin, printableText(line), paint.note);
    page.text(margin, printableText(verdict), isRight ? paint.good : paint.bad);
  }
  page.line();
}

/** Writes the first lines of a body. */
export function writeBody(page: Page, prefix: Prefix, body: BodyItem): void {
  const lines = textLines(body.bytes.subarray(0, MAX_BODY), page.columns - prefix.width - MARK_COLUMNS);
  lines.slice(0, MAX_BODY_LINES).forEach((line, i) => {
    page.line(`${(i === 0 ? prefix.of(body) : prefix.after(body)).text}  ${line}`);
  });
  if (lines.length > MAX_BODY_LINES) page.line(`${prefix.after(body).text}  … (${body.length} bytes in all)`);
  page.line();
}

function writeLine(page: Page, prefix: Lead, line: JudgedLine): void {
  const { paint } = page;
  const { verdict, text, length } = line;
  const lead = marked(prefix, { right: paint.good, note: paint.note, wrong: paint.bad }[verdict](MARKS[verdict]));
  const bytes = Uint8Array.from(text, character => character.charCodeAt(0));
  const rows = lineRows([...printableCharacters(bytes, 'bare')], { bytes, length }, page.columns - lead.width);
  const wrong = { paint: paint.bad, notePaint: paint.bad };
  page.rows(lead, rows, { note: noteOf(line), ...(verdict === 'wrong' ? wrong : {}) });
}

function marked({ text, width }: Lead, mark: string): Lead {
  return { text: text + mark, width: width + MARK_COLUMNS };
}

function noteOf({ note, section }: Finding): string {
  if (note === '' || section === undefined) return printableText(note);
  return `${printableText(note)} (${section})`;
}
