import { fileURLToPath } from 'node:url';
import { run } from './program.js';

/** The binary of Node 24, as a package of npm's ships it: the first long-term release whose WebSocket is on without a flag. */
const NODE_24 = fileURLToPath(new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url));

/** Runs a case of ../w3c/cases.js in Node 24 and gives what it saw. */
export async function askNode24(name: string, url: string): Promise<unknown> {
  return JSON.parse(await run(NODE_24, [fileURLToPath(new URL('../w3c/run.js', import.meta.url)), name, url]));
}
