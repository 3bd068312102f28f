/**
 * Compiles the sources before the tests, for those that start processes: a process that loads the sources takes a second
 * to start, and one that loads the compiled package a tenth of that.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { entryPoints, manifest, SOURCE } from '../scripts/entry-points.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the compiled package. Code that runs there can import `ws101`. */
    readonly compiledPackage: string;
  }
}

const root = fileURLToPath(new URL('..', import.meta.url));

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-compiled-'));
  const sources = entryPoints.map(({ name, source }) => [name, join(root, source)] as const);
  await build({
    input: { ...Object.fromEntries(sources), 'cli/main': join(root, 'src/cli/main.ts') },
    platform: 'node',
    resolve: { conditionNames: [SOURCE, 'node', 'import', 'default'] },
    tsconfig: join(root, 'tsconfig.build.json'),
    output: { dir: join(folder, 'dist'), format: 'esm' },
    logLevel: 'warn',
  });
  const { name, version } = manifest as { name: string; version: string };
  const exports = Object.fromEntries(entryPoints.map(({ subpath, name }) => [subpath, `./dist/${name}.js`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, type: 'module', exports }));
  provide('compiledPackage', folder);
  return () => rmSync(folder, { recursive: true });
}
