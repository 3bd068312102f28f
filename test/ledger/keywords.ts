/** Finds RFC 2119 keywords in the text of an RFC. */
import type { Ledger, Occurrences } from './ledger.js';

/** A keyword in quotation marks is not used, only mentioned: 'The key words "MUST", …'. */
const KEYWORD = /(?<!")\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|SHALL NOT|SHALL|MAY|RECOMMENDED|REQUIRED|OPTIONAL)\b/g;

const HEADING = /^(\d+(?:\.\d+)*)\. {1,2}\S/;

/** Page headers and footers of the RFC Editor's layout. */
const PAGE_BREAK = /^\f?(?:\S.*\[Page \d+\]|RFC \d{4} .* \d{4})$/;

/** Returns the text of each section as one line, by section number, without text before the first or after the last. */
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

/** Returns the keywords of each section that has any. */
export function occurrencesIn(text: string): Occurrences {
  const found = Array.from(sectionsOf(text), ([number, section]) => [number, keywordsIn(section).join(', ')] as const);
  return Object.fromEntries(found.filter(([, keywords]) => keywords !== ''));
}

function keywordsIn(section: string): string[] {
  return Array.from(section.matchAll(KEYWORD), ([keyword]) => keyword);
}

/** Returns the section of a row and its number, which is undefined for an implied requirement. */
export function placeOf(id: string): { readonly section: string; readonly number: number | undefined } {
  const [section = '', number = ''] = id.split('-');
  return { section, number: number.startsWith('i') ? undefined : Number(number) };
}

/**
 * Compares a ledger with the text of its RFC. Returns sections with different keywords, and rows that do not quote the
 * sentence with their keyword.
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
    if (start === -1) return [`${id}: "${says}" is not in §${section}`];
    if (number === undefined) return [];
    const at = Array.from(body.matchAll(KEYWORD))[number - 1]?.index ?? -1;
    // A sentence may occur more than once.
    for (let from = start; from !== -1 && from <= at; from = body.indexOf(says, from + 1)) {
      if (at < from + says.length) return [];
    }
    return [`${id}: "${says}" is in §${section}, but not around keyword ${number}`];
  });
  return [...uncounted, ...misquoted];
}
