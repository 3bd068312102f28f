/** `npm run fuzz -- [--target heads|frames|deflate] [--seed N] [--seconds S]`: see README.md. */
import { parseArgs } from 'node:util';
import { fuzz } from './engine.js';
import { keepRegression } from './regressions.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

/** As much of an input is printed; the file has all of it. */
const MOST_HEX = 2_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    seconds: { type: 'string', default: '30' },
    target: { type: 'string' },
  },
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
  console.log(`\n${message}\n\n${hex.length > MOST_HEX ? `${hex.slice(0, MOST_HEX)}…` : hex}\n`);
  console.log(`kept as regressions/${keepRegression(target.name, report.finding)}: npm test runs it from now on`);
}

async function main(): Promise<void> {
  const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  if (chosen.length === 0 || !Number.isSafeInteger(seed) || !(seconds > 0)) {
    const names = TARGETS.map(({ name }) => name).join('|');
    console.error(`usage: npm run fuzz -- [--target ${names}] [--seed N] [--seconds S]`);
    process.exitCode = 2;
    return;
  }
  for (const target of chosen) await run(target, seed, seconds / chosen.length);
}

void main();
