/**
 * Measures WORTH_FREEING in src/framing/free-memory.ts: memory that is written and then freed at once, and memory that is
 * left to the garbage collector. Run it with `npm run freeing` in this folder, on Node 22 or later.
 */
import { freeMemory } from '../src/framing/free-memory.js';
import { machine, measure, type Subject, table } from './measure.js';

const SIZES = [256, 512, 1_024, 4_096, 16_384, 65_536];

function writing(name: string, size: number, done: (memory: Uint8Array) => void): Subject {
  const source = new Uint8Array(size).fill(7);
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      const memory = Buffer.allocUnsafeSlow(size);
      memory.set(source);
      done(memory);
    }
  };
  return { name, run };
}

if (!('transfer' in ArrayBuffer.prototype)) throw new Error('this Node cannot free memory: use version 22 or later');
const measurements = measure(
  SIZES.flatMap(size => [
    writing('left', size, () => {}),
    // freeMemory() itself does nothing below its threshold.
    writing('freed', size, memory =>
      size < 512 ? (memory.buffer as { transfer?: (size: number) => void }).transfer?.(0) : freeMemory(memory),
    ),
  ]),
);
const rows = SIZES.map((size, i) => {
  const [left, freed] = [measurements[2 * i]!.median, measurements[2 * i + 1]!.median];
  return [String(size), left.toFixed(0), freed.toFixed(0), (left / freed).toFixed(2)];
});
console.log(`${machine()}\n`);
console.log(table(['bytes', 'left, ns', 'freed, ns', 'left / freed'], rows));
