#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { connect } from './connect.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { MAIN_HELP } from './help.js';
import { serve } from './serve.js';
import type { StandardStreams } from './terminal.js';

const COMMANDS: Readonly<Record<string, (args: readonly string[], streams: StandardStreams) => Promise<ExitCode>>> = {
  connect,
  serve,
};

async function main([name = '', ...args]: readonly string[]): Promise<ExitCode> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(MAIN_HELP);
    return EXIT.OK;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return EXIT.OK;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (command === undefined) throw new UsageError(name === '' ? 'no command' : `no such command: ${name}`);
    return await command(args, process);
  } catch (error) {
    const program = command === undefined ? 'ws101' : `ws101 ${name}`;
    process.stderr.write(`${program}: ${(error as Error).message}\n`);
    if (!(error instanceof UsageError)) return EXIT.FAILURE;
    process.stderr.write(`see ${program} --help\n`);
    return EXIT.USAGE;
  }
}

function version(): string {
  const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(packageJson) as { version: string }).version;
}

/** Resolves when what was written to the stream has left, or never will. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()));
}

void main(process.argv.slice(2)).then(async code => {
  // An open stdin would keep the process alive for input that nobody wants any more.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
});
