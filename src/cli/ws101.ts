import { readFileSync } from 'node:fs';
import { printableText } from '../wire/index.js';
import { connect } from './connect.js';
import { doctor } from './doctor.js';
import { encode } from './encode.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { explain } from './explain.js';
import { MAIN_HELP } from './help.js';
import { serve } from './serve.js';
import { tap } from './tap.js';
import type { StandardStreams } from './terminal.js';

const COMMANDS: Readonly<Record<string, (args: readonly string[], streams: StandardStreams) => Promise<ExitCode>>> = {
  connect,
  doctor,
  encode,
  explain,
  serve,
  tap,
};

/** Runs the subcommand that the first argument names. Never rejects. */
export async function ws101(argv: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  // A url alone is an abbreviation of connect.
  const [name = '', ...args] = /^(wss?|https?|wss?\+unix):/i.test(argv[0] ?? '') ? ['connect', ...argv] : argv;
  const { stdout, stderr } = streams;
  // A reader of our output that has exited (EPIPE) must not end the process before the connection is closed.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  if (name === '--help' || name === '-h') {
    stdout.write(MAIN_HELP);
    return EXIT.OK;
  }
  if (name === '--version') {
    stdout.write(`${version()}\n`);
    return EXIT.OK;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const program = command === undefined ? 'ws101' : `ws101 ${name}`;
  try {
    if (command === undefined) throw new UsageError(name === '' ? 'no command given' : `unknown command: ${name}`);
    return await command(args, streams);
  } catch (error) {
    stderr.write(`${program}: ${printableText((error as Error).message)}\n`);
    if (!(error instanceof UsageError)) return EXIT.FAILURE;
    stderr.write(`see ${program} --help\n`);
    return EXIT.USAGE;
  }
}

function version(): string {
  const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(packageJson) as { version: string }).version;
}
