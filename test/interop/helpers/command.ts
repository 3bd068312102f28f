import { fileURLToPath } from 'node:url';
import { Program } from './program.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts `ws101` from its source, with what a shell would pipe into it. Without that, its input stays open. */
export function startCommand(args: readonly string[], input?: string): Program {
  const options = ['--conditions=ws101-source', '--import', 'tsx', 'src/cli/main.ts'];
  return withInput(Program.forTest(process.execPath, [...options, ...args], { cwd: ROOT }), input);
}

/** Runs the script `start` of package.json, as somebody does who has just cloned the repository. */
export function npmStart(input: string): Program {
  return withInput(Program.forTest('npm', ['start', '--silent'], { cwd: ROOT }), input);
}

function withInput(program: Program, input: string | undefined): Program {
  if (input !== undefined) program.end(input);
  return program;
}
