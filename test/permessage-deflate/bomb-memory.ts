/**
 * A program of its own, where nothing else takes memory: inflates the bomb on its standard input under a limit, and prints the outcome
 * and the most bytes of buffers that there were meanwhile, beside those that were there before.
 */
import { readFileSync } from 'node:fs';
import { Inflater } from '../../src/permessage-deflate/inflater.js';

const bomb = readFileSync(0);
const inflater = new Inflater({ windowBits: 15, noContextTakeover: true, maxMessageSize: Number(process.argv[2]) });
globalThis.gc!();
const before = process.memoryUsage().arrayBuffers;
let peak = 0;
const measure = () => {
  peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
};
const timer = setInterval(measure, 0);
const outcome = await inflater.inflate(bomb);
clearInterval(timer);
measure();
console.log(JSON.stringify({ outcome, peak }));
