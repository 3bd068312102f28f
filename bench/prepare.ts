/** What must be there before anything can be measured. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileGenerator } from './load/generator.js';

const root = join(import.meta.dirname, '..');

/** Installs the peers, builds dist/ and compiles the load generator, each where it is missing or older than what it is made of. */
export function prepare(): void {
  if (modified('bench/node_modules/.package-lock.json') < modified('bench/package-lock.json')) {
    npm('ci', '--prefix', 'bench', '--no-audit', '--no-fund');
  }
  // A dist/ that is named is taken as it is.
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
    // What a compiler leaves behind for all its errors must not pass for a build the next time.
    rmSync(join(root, 'dist/index.js'), { force: true });
    throw error;
  }
}

/** When a file of this repository was written, in milliseconds; 0 if there is none. */
function modified(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function npm(...args: string[]): void {
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}
