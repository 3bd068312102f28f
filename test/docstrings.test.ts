import { describe, expect, test } from 'vitest';
import { exportsOf } from '../scripts/api/exports.js';
import { pageOf } from '../scripts/api/page.js';
import { entryPoints } from '../scripts/entry-points.mjs';
import * as root from '../src/index.js';

const all = entryPoints.flatMap(({ source }) => exportsOf(source.replace(/^\.\//, '')));

describe('docstrings', () => {
  test('every exported symbol has one', () => {
    expect(all.length).toBeGreaterThan(100);
    const missing = all.filter(({ doc }) => doc === undefined).map(({ name, file }) => `${file} ${name}`);
    expect([...new Set(missing)]).toEqual([]);
  });

  test('every public method and accessor of an exported class has one', () => {
    const missing = all.flatMap(({ name, file, members }) =>
      members
        .filter(member => member.doc === undefined && /\(|^(get|set) /.test(member.signature))
        .map(member => `${file} ${name}.${member.name}`),
    );
    expect([...new Set(missing)].filter(member => !member.endsWith('.constructor'))).toEqual([]);
  });
});

describe('the API reference', () => {
  const page = pageOf('ws101', 'src/index.ts');

  test('has an entry for every export', () => {
    for (const name of Object.keys(root)) expect(page).toContain(`\n### ${name}\n`);
    expect(page).toContain('\n### ConnectOptions\n');
  });

  test('shows signatures and docstrings, and nothing private', () => {
    expect(page).toContain('export async function connect'.replace('export ', ''));
    expect(page).toContain('- **Throws** `HandshakeError` if the connection could not be opened');
    expect(page).toContain('#### send\n\n```ts\nsend(data: Sendable | PreparedMessage');
    expect(page).not.toMatch(/^\s*(readonly )?#\w/m);
    expect(page).not.toMatch(/^@/m);
  });
});
