/** `npm run bench`: see README.md beside this file. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS, type Contender } from './contenders.js';
import { compileGenerator } from './load/generator.js';
import { table } from './measure.js';
import { type Run, type Sample, type ScenarioResult, summarise } from './results.js';
import { loadRound, type Server, startServer } from './round.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

const root = join(import.meta.dirname, '..');

function npm(...args: string[]): void {
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}

/** The peers, if they are missing, and dist/, if src/ is newer. */
function prepare(): void {
  const modified = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (
    modified(join(import.meta.dirname, 'node_modules/.package-lock.json')) <
    modified(join(import.meta.dirname, 'package-lock.json'))
  ) {
    npm('ci', '--prefix', 'bench', '--no-audit', '--no-fund');
  }
  if (process.env.WS101_DIST === undefined) {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const changed = Math.max(...sources.map(name => modified(join(root, 'src', name))));
    if (!existsSync(join(root, 'dist/index.js')) || modified(join(root, 'dist/index.js')) < changed)
      npm('run', 'build');
  }
  compileGenerator();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean' },
      only: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  prepare();
  const scenarios = SCENARIOS.filter(({ id }) => values.only?.split(',').includes(id) ?? true);
  const contenders = CONTENDERS.filter(({ id }) => values.contenders?.split(',').includes(id) ?? true);
  const rounds = Number(values.rounds ?? (values.full ? 7 : 3));
  const duration = values.full ? 2 : 1;
  for (const scenario of scenarios) print(await runScenario(scenario, contenders, rounds, duration));
}

async function runScenario(
  scenario: Scenario,
  contenders: readonly Contender[],
  rounds: number,
  duration: number,
): Promise<ScenarioResult> {
  const able = contenders.filter(({ cannot, server }) => server !== undefined && cannot?.[scenario.id] === undefined);
  const servers: Server[] = [];
  for (const contender of able) servers.push(await startServer(contender, scenario));
  const samples: Sample[][] = able.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) {
      samples[i]!.push(await loadRound(server, scenario, { warmUp: round === 0 ? 1 : 0.3, duration }));
    }
  }
  for (const { program } of servers) await program.stop();
  const runs: Run[] = able.map(({ id }, i) => ({ contender: id, samples: samples[i]! }));
  const { id, title, metric, unit, better, target } = scenario;
  return { id, title, metric, unit, better, ...(target === undefined ? {} : { target }), runs };
}

function print({ title, metric, unit, runs }: ScenarioResult): void {
  const rows = runs.map(({ contender, samples }) => {
    const value = summarise(samples)!;
    const figure = (name: 'rate' | 'p50' | 'p99' | 'generatorShare', digits: number) =>
      summarise(samples, name)?.median.toFixed(digits) ?? '';
    const disturbed = samples.filter(sample => sample.disturbed !== undefined).length;
    return [
      contender,
      value.median.toFixed(2),
      `${value.min.toFixed(2)}-${value.max.toFixed(2)}`,
      figure('rate', 0),
      figure('p50', 0),
      figure('p99', 0),
      figure('generatorShare', 2),
      `${disturbed} of ${samples.length}`,
    ];
  });
  console.log(`\n${title}: ${metric}, ${unit}\n`);
  console.log(table(['', unit, 'spread', 'a second', 'p50, µs', 'p99, µs', 'generator', 'disturbed'], rows));
}

await main();
