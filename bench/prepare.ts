/** Prepares a measurement. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileGenerator } from './load/generator.js';

const root = join(import.meta.dirname, '..');

/** Installs the peers, builds dist/ and compiles the load generator, if they are missing or out of date. */
export function prepare(): void {
  if (modified('bench/node_modules/.package-lock.json') < modified('bench/package-lock.json')) {
    npm('ci', '--prefix', 'bench', '--no-audit', '--no-fund');
  }
  // A dist/ that the environment names is used as it is.
  if (process.env.WS101_DIST === undefined) {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const changed = Math.max(...sources.map(name => modified(join('src', name))));
    if (modified('dist/index.js') < changed) build();
  }
  compileGenerator();
}

function build(): void {
  try {
    npm('run', 'build');
  } catch (error) {
    // The compiler writes output despite errors. It must not count as a build in the next run.
    rmSync(join(root, 'dist/index.js'), { force: true });
    throw error;
  }
}

/** Returns when a file of this repository was modified, in milliseconds, or 0 if it does not exist. */
function modified(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function npm(...args: string[]): void {
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}
