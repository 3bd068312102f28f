import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
  await cp(new URL('jest/realm.test.mjs', import.meta.url), join(installed.folder, 'realm.test.mjs'));
});

afterAll(() => installed?.remove());

/** Installed by jest/package.json. */
const MODULES = fileURLToPath(new URL('jest/node_modules', import.meta.url));

test.each(['jest-environment-node', 'jest-environment-jsdom'])('works in %s', async environment => {
  const report = await installed.run(
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    // Jest loads ES modules by this flag alone.
    '--experimental-vm-modules',
    join(MODULES, 'jest/bin/jest.js'),
    `--rootDir=${installed.folder}`,
    `--env=${join(MODULES, environment)}`,
    '--testMatch=**/*.test.mjs',
    '--watchman=false',
    '--runInBand',
    '--json',
  );
  expect(JSON.parse(report)).toMatchObject({ numPassedTests: 4, numFailedTests: 0, success: true });
});
