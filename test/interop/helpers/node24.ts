import { fileURLToPath } from 'node:url';
import { run } from './program.js';

/** The binary of Node 24 from an npm package. Node 24 is the first LTS release whose WebSocket needs no flag. */
export const NODE_24: string = fileURLToPath(
  new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);

/** Runs a case of ../w3c/cases.js in Node 24, and returns its result. */
export async function askNode24(name: string, url: string): Promise<unknown> {
  return JSON.parse(await run(NODE_24, [fileURLToPath(new URL('../w3c/run.js', import.meta.url)), name, url]));
}
