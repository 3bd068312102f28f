/** `npm run bench`: see README.md in this folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS, takesPart } from './contenders.js';
import { describeMachine } from './machine.js';
import { prepare } from './prepare.js';
import { scenarioTable } from './print.js';
import { majorVersion, type Results, type ScenarioResult, withRows } from './results.js';
import { type Plan, runScenario } from './run.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

const here = import.meta.dirname;

const QUICK: Plan = { rounds: 3, extraRounds: 0, duration: 0.8, warmUp: 0.2, firstWarmUp: 0.7 };
const FULL: Plan = { rounds: 7, extraRounds: 5, duration: 2, warmUp: 0.5, firstWarmUp: 2 };

/** Rounds of idle scenarios. Each takes seconds to start, and its results hardly vary. */
const IDLE_ROUNDS = { quick: 1, full: 3 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string' },
      node: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const scenarios = select('scenario', SCENARIOS, values.only);
  const mode = values.full ? 'full' : 'quick';
  const plan = values.full ? FULL : QUICK;
  const rounds = values.rounds === undefined ? plan.rounds : Number(values.rounds);
  const roundsOf = ({ kind }: Scenario) => (kind === 'idle' ? Math.min(rounds, IDLE_ROUNDS[mode]) : rounds);
  if (!(rounds >= 1)) throw new RangeError(`--rounds must be a number of 1 or more, got ${values.rounds}`);

  const named = values.full || values.contenders !== undefined;
  const chosen = select('contender', CONTENDERS, values.contenders).filter(({ onlyInFull }) => named || !onlyInFull);

  prepare();
  const contenders = chosen.filter(({ version }) => version() !== undefined);
  const missing = chosen.filter(contender => !contenders.includes(contender));
  const machine = describeMachine();
  const { cpu, cores, node, pinned } = machine;
  console.log(`${cpu}, ${cores} cores${pinned ? ', one each for server and load' : ', not pinned'}; Node ${node}`);
  if (missing.length > 0) console.log(`not installed: ${missing.map(({ id }) => id).join(', ')}`);
  const results: ScenarioResult[] = [];
  let failures = 0;
  for (const scenario of scenarios) {
    const result = await runScenario(scenario, contenders, { ...plan, rounds: roundsOf(scenario) }, (id, error) => {
      failures++;
      console.log(`\n${id} failed in ${scenario.id}: ${error.message}`);
    });
    results.push(result);
    if (result.runs.length > 0) console.log(`\n${scenarioTable(result)}`);
  }

  // The committed file must contain every contender.
  const isForReport = values.full && values.contenders === undefined && values.out === undefined;
  const out = isForReport ? join(here, `results/node-${majorVersion(node)}.json`) : values.out;
  if (out !== undefined) {
    const measured = contenders.filter(contender => SCENARIOS.some(scenario => takesPart(contender, scenario)));
    const versions = measured.map(({ id, label, version }) => ({ id, label, version: version()! }));
    const found: Results = { machine, mode, rounds, contenders: versions, scenarios: results };
    const isPart = isForReport && values.only !== undefined;
    const file = isPart ? withRows(JSON.parse(readFileSync(out, 'utf8')) as Results, found) : found;
    mkdirSync(dirname(resolve(out)), { recursive: true });
    writeFileSync(out, `${JSON.stringify(file, null, 1)}\n`);
    console.log(`\nwritten to ${out}`);
  }
  const report = join(here, 'report/main.ts');
  if (isForReport && existsSync(report)) {
    spawnSync(process.execPath, ['--import', 'tsx', report], { stdio: 'inherit' });
  }
  if (failures > 0) process.exitCode = 1;
}

/** Returns the items with these ids, or all items if no ids are given. */
function select<T extends { readonly id: string }>(
  kind: string,
  all: readonly T[],
  ids: string | undefined,
): readonly T[] {
  if (ids === undefined) return all;
  const wanted = ids.split(',');
  const unknown = wanted.find(id => !all.some(one => one.id === id));
  if (unknown !== undefined) {
    throw new RangeError(`unknown ${kind} ${unknown}: expected some of ${all.map(({ id }) => id).join(', ')}`);
  }
  return all.filter(({ id }) => wanted.includes(id));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
}
