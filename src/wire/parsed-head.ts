import { isFieldByte, isToken, isWhitespace, trimWhitespace } from '../handshake/grammar.js';
import type { HeadLine } from './head-lines.js';
import type { Finding, JudgedLine } from './items.js';

/** A line of a head, with its place in the bytes of its side. */
export interface PlacedLine extends HeadLine {
  readonly offset: number;
}

/** A header line, or a line that is none. */
interface Field {
  readonly line: PlacedLine;
  readonly text: string;
  /** In lower case; undefined if the line is malformed. */
  readonly name: string | undefined;
  readonly value: string;
  readonly fault: Finding | undefined;
}

/** Says what is to be said about a header. `all` has the values of all lines of this name, in order. */
export type Rule = (value: string, all: readonly string[]) => Finding;

/** The lines of a head, split into names and values. */
export class ParsedHead {
  readonly startLine: string;
  readonly #start: PlacedLine | undefined;
  readonly #fields: readonly Field[];
  readonly #unfinished: PlacedLine | undefined;
  /** How many bytes it takes. */
  readonly size: number;

  /** @param isCutOff whether the last line may be incomplete; it is not judged then */
  constructor(lines: readonly PlacedLine[], isCutOff: boolean) {
    const [start, ...rest] = lines;
    const last = lines.at(-1);
    this.size = last === undefined ? 0 : last.offset + last.length - start!.offset;
    this.#unfinished = isCutOff ? last : undefined;
    this.#start = start;
    this.startLine = start === undefined ? '' : latin1(start.bytes);
    this.#fields = rest.map(parseField);
  }

  /** Returns a finding if the head is larger than usual limits. */
  get sizeFindings(): Finding[] {
    if (this.size <= USUAL_LIMIT) return [];
    return [
      note(`it has ${this.size} bytes: many servers, clients and proxies refuse more than 16 KiB`, 'RFC 6585 §5'),
    ];
  }

  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  /** The header lines that are well-formed, with names in lower case. */
  get lines(): ReadonlyArray<readonly [name: string, value: string]> {
    return this.#fields.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value] as const]));
  }

  /** Returns the values of all lines with this name, which is in lower case. */
  all(name: string): readonly string[] {
    return this.#fields.filter(field => field.name === name).map(({ value }) => value);
  }

  /** Returns all lines with their verdicts. */
  judged(start: Finding, ruleOf: (name: string) => Rule | undefined): JudgedLine[] {
    const lines = this.#fields.map(({ line, text, name, value, fault }) => {
      if (line === this.#unfinished) return judgedLine(line, text, undefined, CUT_OFF);
      const finding = fault ?? (name === undefined ? undefined : ruleOf(name)?.(value, this.all(name))) ?? NOTHING;
      return judgedLine(line, text, name, finding);
    });
    if (this.#start === undefined) return lines;
    const isUnfinished = this.#start === this.#unfinished;
    const finding = isUnfinished ? CUT_OFF : (lineFault(this.#start, this.startLine) ?? start);
    return [judgedLine(this.#start, this.startLine, undefined, finding), ...lines];
  }
}

const NOTHING: Finding = { verdict: 'note', note: '' };
const CUT_OFF: Finding = { verdict: 'note', note: 'cut off here' };

/** Many servers and proxies refuse a larger head: Node 16 KiB, nginx 8 KiB per line. */
const USUAL_LIMIT = 16_384;

export function right(note: string, section?: string): Finding {
  return { verdict: 'right', note, section };
}

export function note(text: string, section?: string): Finding {
  return { verdict: 'note', note: text, section };
}

export function wrong(text: string, section: string): Finding {
  return { verdict: 'wrong', note: text, section };
}

/** Returns a rule for a header that must not be repeated. */
export function once(section: string, rule: (value: string) => Finding): Rule {
  return (value, all) =>
    all.length > 1 ? wrong(`must appear once, but appears ${all.length} times`, section) : rule(value);
}

function judgedLine(
  { offset, length }: PlacedLine,
  text: string,
  name: string | undefined,
  finding: Finding,
): JudgedLine {
  return { text, name, offset, length, ...finding };
}

function parseField(line: PlacedLine): Field {
  const text = latin1(line.bytes);
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  const fault = fieldFault(text, colon, name) ?? lineFault(line, text);
  const isHeader = isToken(name);
  const value = isHeader ? trimWhitespace(text.slice(colon + 1)) : '';
  return { line, text, name: isHeader ? name.toLowerCase() : undefined, value, fault };
}

/** field-line = field-name ":" OWS field-value OWS */
function fieldFault(text: string, colon: number, name: string): Finding | undefined {
  // "A server that receives an obs-fold in a request message … MUST either reject the message" or replace it.
  if (isWhitespace(text.charCodeAt(0))) {
    return wrong('begins with white space, as a folded line did in old HTTP', 'RFC 9112 §5.2');
  }
  if (colon === -1) return wrong('not a header: it has no colon', 'RFC 9112 §5');
  if (isToken(name)) return undefined;
  // "No whitespace is allowed between the field name and colon."
  if (isToken(name.trimEnd())) return wrong('white space before the colon', 'RFC 9112 §5.1');
  return wrong('the name is not a token', 'RFC 9110 §5.1');
}

function lineFault({ endsInCrLf, bytes }: PlacedLine, text: string): Finding | undefined {
  const at = bytes.findIndex(byte => !isFieldByte(byte));
  if (at !== -1)
    return wrong(`contains the control byte 0x${text.charCodeAt(at).toString(16).padStart(2, '0')}`, 'RFC 9110 §5.5');
  return endsInCrLf ? undefined : wrong('ends in LF; a line ends in CR LF', 'RFC 9112 §2.2');
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
