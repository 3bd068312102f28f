/** Tests faults that take minutes, or a process of their own, and compares each with its limit (README.md). */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { commandLine, usageError } from '../helpers/command-line.js';
import type { Outcome, Row } from './row.js';
import { ROWS } from './rows/index.js';

const USAGE = `Usage: npm run soak -- [row …] [--scale N] [--list]

  row      the rows to run; default: all
  --scale  makes every row shorter or longer, for example 0.1; default: 1
  --list   lists the rows and runs none`;

const { values, positionals } = commandLine(USAGE, {
  scale: { type: 'string', default: '1' },
  list: { type: 'boolean', default: false },
});
const scale = Number(values.scale);
if (!(scale > 0)) usageError(`--scale must be a number above 0, got '${values.scale}'`, USAGE);
const unknown = positionals.filter(name => !ROWS.some(row => row.name === name));
if (unknown.length > 0) usageError(`Unknown row: ${unknown.join(', ')}`, USAGE);

/** Runs a row in a process of its own, so that it cannot affect the measurements of other rows. */
function runRow(row: Row): Promise<Outcome> {
  const script = fileURLToPath(new URL('./run-row.ts', import.meta.url));
  const node = [
    process.execPath,
    '--expose-gc',
    ...(row.flags ?? []),
    ...process.execArgv,
    script,
    row.name,
    String(scale),
  ];
  // Only a shell can change the descriptor limit. The process that it executes inherits it.
  const limit = row.descriptors === undefined ? '' : `ulimit -n ${row.descriptors} && `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...node], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise(resolve => {
    let outcome: Outcome = { figure: 'the process crashed', passed: false };
    child.on('message', message => {
      outcome = message as Outcome;
    });
    child.on('exit', code => {
      const isAlive = code === 0;
      resolve(isAlive ? outcome : { figure: `${outcome.figure}; the process ended with ${code}`, passed: false });
    });
  });
}

async function main(): Promise<void> {
  const rows = positionals.length === 0 ? ROWS : ROWS.filter(({ name }) => positionals.includes(name));
  for (const row of rows) {
    const { name, fault, limit } = row;
    if (values.list) {
      console.log(`${name.padEnd(20)} ${fault}: ${limit}`);
      continue;
    }
    const start = performance.now();
    let { figure, passed } = await runRow(row);
    for (let run = 1; run < 3 && row.isTiming === true && !passed; run++) ({ figure, passed } = await runRow(row));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `${passed ? 'PASS' : 'FAIL'}  ${name} (${seconds} s)\n      ${fault}\n      ${figure}\n      limit: ${limit}`,
    );
    if (!passed) process.exitCode = 1;
  }
}

void main();
