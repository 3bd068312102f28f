import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
  for (const name of ['realm.test.mjs', 'commonjs.test.cjs']) {
    await cp(new URL(`jest/${name}`, import.meta.url), join(installed.folder, name));
  }
});

afterAll(() => installed?.remove());

/** Installed by jest/package.json. */
const MODULES = fileURLToPath(new URL('jest/node_modules', import.meta.url));

async function jest(environment: string, files: string, ...flags: string[]): Promise<unknown> {
  const report = await installed.run(
    process.execPath,
    ...flags,
    join(MODULES, 'jest/bin/jest.js'),
    `--rootDir=${installed.folder}`,
    `--env=${join(MODULES, environment)}`,
    `--testMatch=**/${files}`,
    '--watchman=false',
    '--runInBand',
    '--json',
  );
  return JSON.parse(report);
}

const ENVIRONMENTS = ['jest-environment-node', 'jest-environment-jsdom'];

test.each(ENVIRONMENTS)('ES modules work in %s', async environment => {
  // Jest loads ES modules only with the second flag.
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  const report = await jest(environment, '*.test.mjs', ...flags);
  expect(report).toMatchObject({ numPassedTests: 4, numFailedTests: 0, success: true });
});

test.each(ENVIRONMENTS)('CommonJS works in %s without a flag', async environment => {
  const report = await jest(environment, '*.test.cjs');
  expect(report).toMatchObject({ numPassedTests: 2, numFailedTests: 0, success: true });
});
