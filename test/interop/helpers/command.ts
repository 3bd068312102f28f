import { fileURLToPath } from 'node:url';
import { Program } from './program.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts `ws101` from its source, with `input` piped into it. Without `input`, stdin stays open. */
export function startCommand(args: readonly string[], input?: string): Program {
  const options = ['--conditions=ws101-source', '--import', 'tsx', 'src/cli/main.ts'];
  return withInput(Program.forTest(process.execPath, [...options, ...args], { cwd: ROOT }), input);
}

/** Runs the script `start` of package.json, as after cloning the repository. */
export function npmStart(input: string): Program {
  return withInput(Program.forTest('npm', ['start', '--silent'], { cwd: ROOT }), input);
}

function withInput(program: Program, input: string | undefined): Program {
  if (input !== undefined) program.end(input);
  return program;
}
