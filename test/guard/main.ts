/** Counts things that do not depend on the machine, and compares each with its budget (README.md). */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { table } from '../../bench/measure.js';
import { commandLine, usageError } from '../helpers/command-line.js';
import { type Budgets, isFailure, judge, renew } from './budgets.js';
import { type Counts, SCENES } from './scenes.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUDGETS = fileURLToPath(new URL('./budgets.json', import.meta.url));

const FLAGS = [
  '--expose-gc',
  // A young generation that holds everything allocated, so that nothing is collected and everything can be counted.
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
  // No compilers, which optimise some allocations away, and no threads, which free memory at unpredictable times.
  '--no-opt',
  '--no-sparkplug',
  '--single-threaded',
];

const USAGE = `Usage: npm run guard -- [scene …] [--update]

  scene     ${Object.keys(SCENES).join(', ')}; default: all
  --update  writes the counts into budgets.json`;

const { values, positionals } = commandLine(USAGE, { update: { type: 'boolean', default: false } });
const unknown = positionals.filter(name => SCENES[name] === undefined);
if (unknown.length > 0) usageError(`Unknown scene: ${unknown.join(', ')}`, USAGE);

/** Compiles src/ as for publishing, into a temporary folder. Returns the folder of the package. */
function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-guard-'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(
    process.execPath,
    [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')],
    {
      stdio: 'inherit',
    },
  );
  // The compiler writes ES modules only.
  const imports = { '#platform': './dist/platform/node.js' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }));
  return folder;
}

/** How long a scene may take, in milliseconds. It takes a second or two, unless the library never answers. */
const SCENE_TIMEOUT = 120_000;

function play(scene: string, library: string): Promise<Counts> {
  const subject = fork(fileURLToPath(new URL('./subject.ts', import.meta.url)), [scene, library], {
    cwd: ROOT,
    timeout: SCENE_TIMEOUT,
    execArgv: [...FLAGS, '--import', 'tsx'],
  });
  return new Promise((resolve, reject) => {
    subject.on('message', counts => resolve(counts as Counts));
    subject.on('exit', (code, signal) =>
      reject(new Error(`the process of scene ${scene} ended with ${signal ?? code}`)),
    );
  });
}

async function main(): Promise<void> {
  const folder = build();
  const library = pathToFileURL(join(folder, 'dist/index.js')).href;
  const scenes = positionals.length > 0 ? positionals : Object.keys(SCENES);
  const counts: Record<string, number> = {};
  try {
    for (const scene of scenes) {
      for (const [name, count] of Object.entries(await play(scene, library))) counts[`${scene}.${name}`] = count;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  let budgets = JSON.parse(readFileSync(BUDGETS, 'utf8')) as Budgets;
  if (values.update) {
    budgets = renew(budgets, counts);
    writeFileSync(BUDGETS, `${JSON.stringify(budgets, null, 2)}\n`);
  }
  report(Object.fromEntries(Object.entries(budgets).filter(([name]) => scenes.includes(name.split('.')[0]!))), counts);
}

function report(budgets: Budgets, counts: Counts): void {
  const judgements = judge(budgets, counts);
  const rows = judgements.map(({ name, count, budget, verdict, unit }) => [
    name,
    digits(count),
    digits(budget),
    verdict,
    unit,
  ]);
  console.log(table(['count', 'measured', 'budget', 'verdict', 'unit'], rows));
  const failed = judgements.filter(({ verdict }) => isFailure(verdict));
  for (const { name } of failed) console.log(`FAILED ${name}: ${budgets[name]?.why ?? 'not in budgets.json'}`);
  if (failed.length > 0) process.exitCode = 1;
}

function digits(count: number | undefined): string {
  return count === undefined ? '' : String(Number(count.toPrecision(4)));
}

void main();
