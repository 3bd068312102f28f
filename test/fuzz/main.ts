/** Searches for inputs that break a rule (README.md). */
import { commandLine, usageError } from '../helpers/command-line.js';
import { fuzz } from './engine.js';
import { keepRegression } from './regressions.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

/** How many hex digits of an input are printed. The file has all of it. */
const MAX_HEX = 2_000;

const NAMES = TARGETS.map(({ name }) => name).join('|');

const USAGE = `Usage: npm run fuzz -- [--target ${NAMES}] [--seed N] [--seconds S]

  --target   what to fuzz; default: each in turn
  --seed     an integer; the same seed makes the same inputs; default: the clock
  --seconds  how long to run in all; default: 30`;

const { values, positionals } = commandLine(USAGE, {
  seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  seconds: { type: 'string', default: '30' },
  target: { type: 'string' },
});

async function run(target: Target, seed: number, seconds: number): Promise<void> {
  const report = await fuzz(target, { seed, seconds, patience: 1 });
  const rate = Math.round(report.executions / report.seconds);
  console.log(
    `${target.name}: seed ${seed}, ${report.executions} executions in ${report.seconds.toFixed(1)} s (${rate}/s), ${report.outcomes} outcomes`,
  );
  if (report.finding === undefined) return;
  const { message, input } = report.finding;
  process.exitCode = 1;
  const hex = Buffer.from(input).toString('hex');
  console.log(`\n${message}\n\n${hex.length > MAX_HEX ? `${hex.slice(0, MAX_HEX)}…` : hex}\n`);
  console.log(`kept as regressions/${keepRegression(target.name, report.finding)}: npm test runs it from now on`);
}

async function main(): Promise<void> {
  const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  if (positionals.length > 0) usageError(`Unknown argument '${positionals[0]}'`, USAGE);
  if (chosen.length === 0)
    usageError(`--target must be ${NAMES.replaceAll('|', ' or ')}, got '${values.target}'`, USAGE);
  if (!Number.isSafeInteger(seed)) usageError(`--seed must be an integer, got '${values.seed}'`, USAGE);
  if (!(seconds > 0)) usageError(`--seconds must be a number above 0, got '${values.seconds}'`, USAGE);
  for (const target of chosen) await run(target, seed, seconds / chosen.length);
}

void main();
