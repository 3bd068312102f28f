import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readPage } from '../../../src/tools/inspector/page-file.js';

test('the page is next to the library, above the command, or in the last build of a repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const read = (file: string) => readPage(pathToFileURL(join(folder, file)).href);
  expect(() => read('src/tools/inspector/page-file.ts')).toThrow('npm run build');
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/inspector.html'), 'the page');
  for (const file of ['dist/tools.cjs', 'dist/cli/main.js', 'src/tools/inspector/page-file.ts']) {
    expect([file, read(file)]).toEqual([file, 'the page']);
  }
});
