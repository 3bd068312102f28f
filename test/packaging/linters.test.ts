import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
});

afterAll(() => installed?.remove());

/** Installed by linters/package.json. */
const MODULES = fileURLToPath(new URL('linters/node_modules', import.meta.url));

test('publint reports nothing', async () => {
  const output = await installed.run(
    process.execPath,
    join(MODULES, 'publint/src/cli.js'),
    installed.tarball,
    '--strict',
  );
  expect(output).toContain('All good!');
});

test('attw finds the types of every entry point, from ES modules, CommonJS, bundlers and classic resolution', async () => {
  const attw = join(MODULES, '@arethetypeswrong/cli/dist/index.js');
  const output = await installed.run(process.execPath, attw, installed.tarball, '--format', 'json');
  const { analysis } = JSON.parse(output) as { analysis: { entrypoints: object; problems: object[] } };
  expect(analysis.problems).toEqual([]);
  expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(installed.manifest.exports));
});
