/**
 * Shows where a scenario spends its time: runs its server (or client) with `node --cpu-prof` and summarises the
 * profile.
 *
 *     npm run profile -- echo-16 [--seconds=5] [--contender=ws101] [--functions=25] [--node=/path/to/node]
 *     npm run profile -- --file=some.cpuprofile
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENDERS, type Contender, takesPart } from '../contenders.js';
import { prepare } from '../prepare.js';
import type { Sample } from '../results.js';
import { clientRound, maskingRound, serverRound, startServer } from '../round.js';
import { SCENARIOS, type Scenario } from '../scenarios.js';
import type { CpuProfile } from './digest.js';
import { functionTable, partTable } from './tables.js';

/** The time between two samples in µs. Shorter intervals slow the program down too much. */
const INTERVAL = 250;

/** The warm-up in seconds, in which the code is compiled. */
const WARM_UP = 2;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      contender: { type: 'string', default: 'ws101' },
      functions: { type: 'string', default: '25' },
      file: { type: 'string' },
      // bench/contenders.ts reads it.
      node: { type: 'string' },
    },
  });
  const functions = Number(values.functions);
  if (values.file !== undefined) {
    const profile = JSON.parse(readFileSync(values.file, 'utf8')) as CpuProfile;
    print(profile, profile.endTime - profile.startTime, undefined, functions);
    return;
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new RangeError(`--seconds must be a number above 0, got ${values.seconds}`);
  const scenario = named('scenario', SCENARIOS, positionals[0] ?? '');
  const contender = named('contender', CONTENDERS, values.contender);
  if (scenario.kind === 'idle') throw new RangeError(`${scenario.id} has nothing to profile`);
  if (!takesPart(contender, scenario)) throw new RangeError(`${contender.id} does not take part in ${scenario.id}`);
  prepare();
  const folder = mkdtempSync(join(tmpdir(), 'ws101-profile-'));
  try {
    const sample = await round(profiled(contender, folder), scenario, seconds);
    const file = readdirSync(folder).find(name => name.endsWith('.cpuprofile'));
    if (file === undefined) throw new Error(`no profile was written: ${contender.id} must be a Node program`);
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    console.log(`${contender.label}: ${scenario.title}\n`);
    print(profile, seconds * 1e6, sample, functions);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function named<T extends { readonly id: string }>(kind: string, all: readonly T[], id: string): T {
  const found = all.find(one => one.id === id);
  if (found !== undefined) return found;
  throw new RangeError(`unknown ${kind} "${id}": expected one of ${all.map(one => one.id).join(', ')}`);
}

function profiled(contender: Contender, folder: string): Contender {
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL}`];
  const added = (command: readonly string[] = []) => [...command.slice(0, 1), ...flags, ...command.slice(1)];
  const { server, client, masking } = contender;
  return { ...contender, server: added(server), client: added(client), masking: added(masking) };
}

async function round(contender: Contender, scenario: Scenario, duration: number): Promise<Sample> {
  const timing = { warmUp: WARM_UP, duration };
  if (scenario.kind === 'masking') return maskingRound(contender, timing);
  if (scenario.kind.startsWith('client')) return clientRound(contender, scenario, timing);
  const server = await startServer(contender, scenario);
  try {
    return await serverRound(server, scenario, timing);
  } finally {
    await server.program.stop();
  }
}

/** Prints the tables. The measurement is at the end of the process: the last `window` µs of its profile. */
function print(profile: CpuProfile, window: number, sample: Sample | undefined, functions: number): void {
  if (sample?.rate !== undefined) {
    const rate = Math.round(sample.rate).toLocaleString('en');
    console.log(
      `${sample.value.toFixed(2)} µs of CPU per message, ${rate} messages per second, both slowed down by the profiler.`,
    );
    if (sample.disturbed !== undefined) console.log(`Disturbed: ${sample.disturbed}.`);
  }
  const load = sample?.rate === undefined ? undefined : { cpu: sample.value, messages: (sample.rate * window) / 1e6 };
  console.log(`\n${partTable(profile, window, load)}`);
  console.log(`\n${functionTable(profile, window, load, functions)}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
}
