/**
 * Counts that do not depend on the machine, each against its budget (README.md).
 */
import { execFileSync, fork } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  // A young generation that is large enough for all that is allocated, so that nothing of it is collected and all can be counted.
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
  // Neither compilers, which leave out some allocations, when they get to it, nor threads that free memory at their own time.
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

/** Compiles src/ as it is published, but beside the tree: gives where its package stands. */
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
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  return folder;
}

/** In milliseconds: a scene takes a second or two, but a library that is broken may never answer. */
const LONGEST = 120_000;

function play(scene: string, library: string): Promise<Counts> {
  const subject = fork(fileURLToPath(new URL('./subject.ts', import.meta.url)), [scene, library], {
    cwd: ROOT,
    timeout: LONGEST,
    execArgv: [...FLAGS, '--import', 'tsx'],
  });
  return new Promise((resolve, reject) => {
    subject.on('message', counts => resolve(counts as Counts));
    subject.on('exit', (code, signal) => reject(new Error(`the scene ${scene} ended with ${signal ?? code}`)));
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
  for (const { name } of failed)
    console.log(`FAILED ${name}: ${budgets[name]?.why ?? 'budgets.json does not know it'}`);
  if (failed.length > 0) process.exitCode = 1;
}

function digits(count: number | undefined): string {
  return count === undefined ? '' : String(Number(count.toPrecision(4)));
}

void main();
