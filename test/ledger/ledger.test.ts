/** The ledgers, the titles of tests, src and the pages in docs/ agree. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { declares, idsOf, isPlace, shownRows, stringsIn } from './evidence.js';
import { disagreements, occurrencesIn, placeOf } from './keywords.js';
import type { Ledger, Row } from './ledger.js';
import { groupBy, pageOf } from './page.js';
import { RFC6455 } from './rfc6455.js';
import { RFC7692 } from './rfc7692.js';

const LEDGERS = [RFC6455, RFC7692];
const shown = shownRows();

describe.each(LEDGERS.map(ledger => [ledger.rfc, ledger] as const))('the ledger of RFC %i', (rfc, ledger) => {
  test('has one row for each keyword, in order', () => {
    const keywords = groupBy(
      ledger.rows.filter(({ keyword }) => keyword !== 'implied'),
      ({ id }) => placeOf(id).section,
    );
    const counted = Array.from(keywords, ([section, rows]) => {
      expect(rows.map(({ id }) => placeOf(id).number)).toEqual(rows.map((_, i) => i + 1));
      return [section, rows.map(({ keyword }) => keyword).join(', ')] as const;
    });
    expect(Object.fromEntries(counted)).toEqual(ledger.occurrences);
    expect(new Set(idsOf(ledger)).size).toBe(ledger.rows.length);
  });

  test('quotes some words around each keyword', () => {
    for (const { id, keyword, says } of ledger.rows) {
      expect.soft(says.split(' ').length, id).toBeLessThan(30);
      if (keyword !== 'implied') expect.soft(says, id).toMatch(new RegExp(`\\b${keyword}\\b(?! NOT)`));
    }
  });

  test('names places that exist in src', () => {
    const places = new Set(ledger.rows.flatMap(row => ('kept' in row ? row.kept : [])));
    expect([...places].filter(place => !isPlace(place))).toEqual([]);
    expect(ledger.rows.filter(row => 'kept' in row && row.kept.length === 0)).toEqual([]);
  });

  test('has a test for every row that is met', () => {
    const unshown = ledger.rows.filter(row => 'kept' in row && !shown.has(ledger.prefix + row.id));
    expect(unshown.map(({ id }) => id)).toEqual([]);
  });

  test('has an up-to-date page', () => {
    const page = readFileSync(new URL(`../../docs/rfc${rfc}.md`, import.meta.url), 'utf8');
    expect(page === pageOf(ledger, shown), 'run `npm run ledger`').toBe(true);
  });
});

test('every id in a title belongs to a row that is met', () => {
  const known = new Set(
    LEDGERS.flatMap(({ prefix, rows }) => rows.filter(row => 'kept' in row).map(row => prefix + row.id)),
  );
  const unknown = Array.from(shown).filter(([id]) => !known.has(id));
  expect(unknown).toEqual([]);
});

test('RFC 6455 uses 211 keywords', () => {
  expect(Object.values(RFC6455.occurrences).flatMap(list => list.split(', '))).toHaveLength(211);
});

describe('the check itself can fail', () => {
  const text = [
    '2.  Words',
    '   The key words "MUST" and "MAY" are named.',
    '',
    'Somebody                     Standards Track                     [Page 1]',
    '\fRFC 9999                      A Protocol                    May 2030',
    '3.1.  Frames',
    '   A client MUST',
    '   NOT do this.  It MAY do that, and',
    '   it MUST do both.',
    'Authors',
    '   MUST not be counted.',
  ].join('\n');
  const row = (id: string, says: string): Row => ({ id, keyword: 'MUST', binds: 'client', says, notOurs: '' });
  const ledgerOf = (...rows: Row[]): Ledger => ({
    rfc: 9999,
    title: '',
    prefix: '',
    source: '',
    occurrences: { '3.1': 'MUST NOT, MAY, MUST' },
    rows,
  });

  test('keywords are counted if they are used, and in sections', () => {
    expect(occurrencesIn(text)).toEqual({ '3.1': 'MUST NOT, MAY, MUST' });
    expect(disagreements(ledgerOf(), text.replace('MAY do', 'SHOULD do'))).toHaveLength(1);
  });

  test('a row must quote its own keyword', () => {
    expect(disagreements(ledgerOf(row('3.1-1', 'client MUST NOT do'), row('3.1-3', 'it MUST do')), text)).toEqual([]);
    expect(disagreements(ledgerOf(row('3.1-2', 'client MUST NOT do')), text)).toHaveLength(1);
    expect(disagreements(ledgerOf(row('3.1-1', 'client MUST do')), text)).toHaveLength(1);
    expect(disagreements(ledgerOf(row('3.1-i1', 'do that')), text)).toEqual([]);
  });

  test('comments are not titles, and uses are not declarations', () => {
    expect(stringsIn("// '[5.1-1] no'\n * '[5.1-2] no'\ntest('[5.1-3] yes', …)")).toEqual(['[5.1-3] yes']);
    const source =
      'import { used } from "x";\nexport const held = 1;\nclass Thing {\n  #member(a: string): void {\n    used(1);\n  }\n}\n';
    for (const symbol of ['held', 'Thing', '#member']) expect.soft(declares(source, symbol), symbol).toBe(true);
    for (const symbol of ['used', 'member', 'Thin', 'a']) expect.soft(declares(source, symbol), symbol).toBe(false);
  });
});
