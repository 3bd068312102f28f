import { fileURLToPath } from 'node:url';
import { Program, run } from './program.js';

/** Debian's interpreter, which has Debian's modules. The first `python3` in PATH may be another one. */
const PYTHON = '/usr/bin/python3';

/** Starts a program of ../python. */
export function startPython(name: string, ...args: string[]): Program {
  return Program.forTest(PYTHON, ['-u', pathOf(name), ...args]);
}

/** Runs a program of ../python to its end, and returns the JSON that it prints. */
export async function askPython(name: string, ...args: string[]): Promise<unknown> {
  return JSON.parse(await run(PYTHON, ['-u', pathOf(name), ...args]));
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../python/${name}`, import.meta.url));
}
