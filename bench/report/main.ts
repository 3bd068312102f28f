/**
 * `npm run bench:report`: draws the charts in docs/benchmarks/, and writes the figures into README.md and
 * docs/benchmarks/README.md.
 * It reads only bench/results/, so the same results produce the same files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { majorOf, type Results } from '../results.js';
import type { ScaleResults } from '../scale/results.js';
import { withBlock } from './block.js';
import { charts, readmeBlock, resultsBlock, scaleBlock } from './pages.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCS = join(ROOT, 'docs/benchmarks');

/** One file for each version of Node, the newest last. */
const all = readdirSync(join(ROOT, 'bench/results'))
  .filter(name => name.startsWith('node-'))
  .map(name => read<Results>(name)!)
  .sort((a, b) => majorOf(a) - majorOf(b));
const newest = all.at(-1);
const scale = read<ScaleResults>('scale.json');
if (newest === undefined && scale === undefined) {
  throw new Error('there are no results: run `npm run bench -- --full` or `npm run bench:scale` first');
}
mkdirSync(DOCS, { recursive: true });
for (const file of readdirSync(DOCS)) if (file.endsWith('.svg')) rmSync(join(DOCS, file));
for (const [file, svg] of charts(newest, scale)) writeFileSync(join(DOCS, file), svg);
const page = join(DOCS, 'README.md');
if (newest !== undefined) {
  writeBlock(join(ROOT, 'README.md'), 'benchmarks', readmeBlock(newest));
  writeBlock(page, 'results', resultsBlock(all));
}
if (scale !== undefined) writeBlock(page, 'scale', scaleBlock(scale));

function read<Value>(name: string): Value | undefined {
  const file = join(ROOT, 'bench/results', name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Value) : undefined;
}

function writeBlock(file: string, name: string, content: string): void {
  writeFileSync(file, withBlock(readFileSync(file, 'utf8'), name, content));
}
