/** Finds the keywords of RFC 2119 in the text of an RFC. */
import type { Ledger, Occurrences } from './ledger.js';

/** A keyword in quotation marks is named, not used: 'The key words "MUST", …'. */
const KEYWORD = /(?<!")\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|SHALL NOT|SHALL|MAY|RECOMMENDED|REQUIRED|OPTIONAL)\b/g;

const HEADING = /^(\d+(?:\.\d+)*)\. {1,2}\S/;

/** What the RFC Editor's layout puts between two pages. */
const PAGE_BREAK = /^\f?(?:\S.*\[Page \d+\]|RFC \d{4} .* \d{4})$/;

/** The text of each section as one line, by its number. What stands before the first and behind the last is dropped. */
export function sectionsOf(text: string): Map<string, string> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (PAGE_BREAK.test(line)) continue;
    const number = HEADING.exec(line)?.[1];
    if (number === undefined && !/^\S/.test(line)) {
      lines.push(line);
      continue;
    }
    lines = [];
    if (number !== undefined) sections.set(number, lines);
  }
  return new Map(Array.from(sections, ([number, lines]) => [number, lines.join(' ').replaceAll(/\s+/g, ' ')]));
}

/** The keywords of each section that has any. */
export function occurrencesIn(text: string): Occurrences {
  const found = Array.from(sectionsOf(text), ([number, section]) => [number, keywordsIn(section).join(', ')] as const);
  return Object.fromEntries(found.filter(([, keywords]) => keywords !== ''));
}

function keywordsIn(section: string): string[] {
  return Array.from(section.matchAll(KEYWORD), ([keyword]) => keyword);
}

/** The section of a row, and its number there; undefined for an implied one. */
export function placeOf(id: string): { readonly section: string; readonly number: number | undefined } {
  const [section = '', number = ''] = id.split('-');
  return { section, number: number.startsWith('i') ? undefined : Number(number) };
}

/**
 * What a ledger and the text of its RFC disagree about, in the sections that the ledger covers: the keywords, and the rows that do not
 * quote the place they are about.
 */
export function disagreements(ledger: Ledger, text: string): string[] {
  const sections = sectionsOf(text);
  const counted = occurrencesIn(text);
  const uncounted = Object.entries(ledger.occurrences)
    .filter(([section, keywords]) => counted[section] !== keywords)
    .map(([section, keywords]) => `§${section}: the ledger has "${keywords}", the text has "${counted[section]}"`);
  const misquoted = ledger.rows.flatMap(({ id, says }) => {
    const { section, number } = placeOf(id);
    const body = sections.get(section) ?? '';
    const start = body.indexOf(says);
    if (start === -1) return [`${id}: "${says}" does not stand in §${section}`];
    if (number === undefined) return [];
    const at = Array.from(body.matchAll(KEYWORD))[number - 1]?.index ?? -1;
    // A sentence may stand there more than once.
    for (let from = start; from !== -1 && from <= at; from = body.indexOf(says, from + 1)) {
      if (at < from + says.length) return [];
    }
    return [`${id}: "${says}" stands in §${section}, but not around keyword ${number}`];
  });
  return [...uncounted, ...misquoted];
}
