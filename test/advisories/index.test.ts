/** The table of advisories and the titles of the tests agree. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ADVISORIES } from './advisories.js';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const OTHER_PROJECTS = /^(?:interop|packaging)\//;

const files = (readdirSync(TESTS, { recursive: true }) as string[])
  .map(path => path.replaceAll('\\', '/'))
  .filter(
    path =>
      path.endsWith('.test.ts') &&
      path !== 'advisories/index.test.ts' &&
      !path.includes('node_modules') &&
      !OTHER_PROJECTS.test(path),
  );

/** The strings of each file, without comments: titles, and the rows of tables that become titles. */
const titles = new Map(files.map(path => [path, titlesIn(readFileSync(`${TESTS}/${path}`, 'utf8'))]));

function titlesIn(source: string): string {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return Array.from(code.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g), ([text]) => text).join('\n');
}

/** Matches the id, but not as part of another: 'ws 8.5' is not in 'ws 8.50' or 'ws 8.5.1'. */
function names(id: string): RegExp {
  return new RegExp(`(?<![\\w.-])${id.replaceAll('.', '\\.')}(?!\\.?\\d)`);
}

describe('every advisory', () => {
  test.each(ADVISORIES)('$id ($product: $what) has a test that names it', ({ id, test: path }) => {
    expect(files).toContain(path);
    expect(titles.get(path)).toMatch(names(id));
  });

  test('is in the table once', () => {
    const ids = ADVISORIES.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

test('every advisory that a title names is in the table', () => {
  const known = new Set(ADVISORIES.map(({ id }) => id));
  const unknown = [...titles].flatMap(([path, text]) =>
    Array.from(text.matchAll(/CVE-\d{4}-\d+|GHSA(?:-\w{4}){3}/g), ([id]) => `${path}: ${id}`).filter(
      line => !known.has(line.split(': ')[1]!),
    ),
  );
  expect(unknown).toEqual([]);
});

test('the check ignores comments and partial ids', () => {
  expect(titlesIn("// 'CVE-2026-0001'\n * 'CVE-2026-0002'\ntest('CVE-2026-0003', …)")).toBe("'CVE-2026-0003'");
  expect('ws 8.5.1 ws 8.55 CVE-2026-15281').not.toMatch(names('ws 8.5'));
  expect('CVE-2026-15281').not.toMatch(names('CVE-2026-1528'));
  expect('ws 8.5, ws 8.7').toMatch(names('ws 8.5'));
});
