/** Finds what a ledger refers to: titles of tests, and places in src. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Ledger } from './ledger.js';

const SOURCES = new URL('../../src/', import.meta.url);
const TESTS = fileURLToPath(new URL('..', import.meta.url));

/** Tests of separate projects, and files of the ledger that contain ids but no tests. */
const ELSEWHERE =
  /(?:^|\/)node_modules\/|^(?:interop|packaging|mutation)\/|^ledger\/(?!.*\.test\.ts$)|^ledger\/ledger\.test\.ts$/;

/** `[5.1-2]`, `[4.2.1-i3]`, `[7692/5-1]` */
const ID = /\[((?:\d{4}\/)?\d+(?:\.\d+)*-i?\d+)\]/g;

/** A title of a test, or part of one, that names rows. */
export interface Shown {
  /** The path relative to test/. */
  readonly file: string;
  readonly title: string;
}

/** Returns the tests that show each row, by prefixed id. */
export function shownRows(): Map<string, Shown[]> {
  const files = (readdirSync(TESTS, { recursive: true }) as string[])
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.ts') && !ELSEWHERE.test(path))
    .sort();
  const shown = new Map<string, Shown[]>();
  for (const file of files) {
    for (const text of stringsIn(readFileSync(`${TESTS}/${file}`, 'utf8'))) {
      const title = text.replaceAll(ID, '').replaceAll(/\s+/g, ' ').trim();
      for (const [, id = ''] of text.matchAll(ID)) shown.set(id, [...(shown.get(id) ?? []), { file, title }]);
    }
  }
  return shown;
}

/** Returns the string literals of a source file, without comments. */
export function stringsIn(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return Array.from(code.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g), ([, a, b, c]) => a ?? b ?? c ?? '');
}

/** Returns the ids of a ledger's rows, as in titles. */
export function idsOf({ prefix, rows }: Ledger): string[] {
  return rows.map(({ id }) => prefix + id);
}

/** Whether a place in src exists: `file symbol`. */
export function isPlace(place: string): boolean {
  const [file = '', symbol = ''] = place.split(' ');
  const url = new URL(file, SOURCES);
  return existsSync(url) && declares(readFileSync(url, 'utf8'), symbol);
}

/** Whether a source declares the symbol: at top level, as a class member, or as a row of a table. */
export function declares(source: string, symbol: string): boolean {
  const top = `^(?:export )?(?:async )?(?:function|class|const|interface|type) ${symbol}\\b`;
  const member = `^  (?:override |static |readonly |async |get )*${symbol}(?:<[^>]*>)?\\((?:.*\\{|)$|^  (?:get )?${symbol}\\b.* \\{$`;
  const row = `^  ${symbol}: \\[`;
  return new RegExp([top, member, row].join('|'), 'm').test(source);
}
