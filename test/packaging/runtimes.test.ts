import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
  await cp(new URL('runtimes/smoke.mjs', import.meta.url), join(installed.folder, 'smoke.mjs'));
});

afterAll(() => installed?.remove());

/** Installed by runtimes/package.json, which only Linux on x64 can do. */
const MODULES = fileURLToPath(new URL('runtimes/node_modules', import.meta.url));

const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  'this Node': [process.execPath],
  'Node 22': [join(MODULES, 'node-22/bin/node')],
  'Node 24': [join(MODULES, 'node-24/bin/node')],
  'Node 26': [join(MODULES, 'node-26/bin/node')],
  Bun: [join(MODULES, '.bin/bun')],
  Deno: [join(MODULES, '.bin/deno'), 'run', '--allow-all'],
};

const isInstallable = process.platform === 'linux' && process.arch === 'x64';

test('the runtimes are installed', { skip: !isInstallable }, () => {
  for (const [command] of Object.values(RUNTIMES)) expect([command, existsSync(command!)]).toEqual([command, true]);
});

for (const [name, [command, ...parameters]] of Object.entries(RUNTIMES)) {
  test(`messages and the closing handshake work in ${name}`, {
    skip: !isInstallable && name !== 'this Node',
  }, async () => {
    const line = 'grüße 007fff true 1000 true\n';
    expect(await installed.run(command!, ...parameters, 'smoke.mjs')).toBe(line + line);
  });
}
