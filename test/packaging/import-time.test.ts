import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.js';

const ROUNDS = 15;
/** Other programs of the machine disturb a median this much. */
const TOLERANCE = 1.2;

/** Installed by runtimes/package.json: `ws`, and on Linux on x64 also Node 24. */
const MODULES = fileURLToPath(new URL('runtimes/node_modules', import.meta.url));
const NODES: Readonly<Record<string, string>> = {
  'this Node': process.execPath,
  'Node 24': join(MODULES, 'node-24/bin/node'),
};

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
  await installed.run('npm', 'install', '--offline', '--no-audit', '--no-fund', '--install-links', join(MODULES, 'ws'));
});

afterAll(() => installed?.remove());

/** Returns how long a fresh process takes to import a package, in milliseconds. */
async function importTime(node: string, name: string): Promise<number> {
  const script = `const start = performance.now(); await import('${name}'); console.log(performance.now() - start);`;
  return Number(await installed.run(node, '--input-type=module', '--eval', script));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

for (const [name, node] of Object.entries(NODES)) {
  test(`importing ws101 takes no longer than importing ws in ${name}`, {
    skip: !existsSync(node),
    // Noise is over after a while, a slow import is not.
    retry: 2,
  }, async () => {
    const times: Record<'ws101' | 'ws', number[]> = { ws101: [], ws: [] };
    for (let round = 0; round < ROUNDS; round++) {
      // In turns, so that what else the machine does disturbs both alike.
      const order = round % 2 === 0 ? (['ws101', 'ws'] as const) : (['ws', 'ws101'] as const);
      for (const library of order) times[library].push(await importTime(node, library));
    }
    const [ours, theirs] = [median(times.ws101), median(times.ws)];
    console.log(`${name}: importing ws101 took ${ours.toFixed(1)} ms, ws ${theirs.toFixed(1)} ms (medians)`);
    expect(ours).toBeLessThanOrEqual(theirs * TOLERANCE);
  });
}
