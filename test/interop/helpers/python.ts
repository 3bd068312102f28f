import { fileURLToPath } from 'node:url';
import { Program, run } from './program.js';

/** Debian's own interpreter, which has Debian's modules; the first `python3` on PATH may be another. */
const PYTHON = '/usr/bin/python3';

/** Starts a program of ../python. */
export function startPython(name: string, ...args: string[]): Program {
  return Program.forTest(PYTHON, ['-u', pathOf(name), ...args]);
}

/** Runs a program of ../python to its end and gives the JSON that it prints. */
export async function askPython(name: string, ...args: string[]): Promise<unknown> {
  return JSON.parse(await run(PYTHON, ['-u', pathOf(name), ...args]));
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../python/${name}`, import.meta.url));
}
