/**
 * Where MAX_EMPTY_SLABS of src/framing/output-buffer.ts comes from: a turn of the event loop in which many connections each answer with
 * some KiB, written into slabs that are filled again, and into slabs that are new each time. Run it with `npm run slabs` in this folder.
 */
import { OutputBuffer } from '../src/framing/output-buffer.js';
import { releaseOutput } from '../src/framing/slabs.js';
import { machine, measure, type Subject, table } from './measure.js';

/** Frames of 1 KiB, 32 for each connection: half a read of 64 KiB. */
const FRAME = 1_024;
const FRAMES = 32;
const CONNECTIONS = [1, 4, 16, 64, 128, 256];

const payload = Buffer.allocUnsafeSlow(FRAME).fill('ws101');

/** All that a turn does with slabs: each connection's frames are gathered, taken, and released when they have been written. */
function turn(name: string, connections: number, release: boolean): Subject {
  const outputs = Array.from({ length: connections }, () => new OutputBuffer());
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      for (const output of outputs) {
        for (let frame = 0; frame < FRAMES; frame++) {
          const at = output.reserve(FRAME);
          output.memory.set(payload, at);
          output.commit(FRAME);
        }
      }
      for (const output of outputs) {
        for (const piece of output.take()) if (release) releaseOutput(piece);
      }
    }
  };
  return { name, run };
}

const measurements = measure(
  CONNECTIONS.flatMap(count => [turn('filled again', count, true), turn('new', count, false)]),
);
const rows = CONNECTIONS.map((count, i) => {
  const [again, anew] = [measurements[2 * i]!.median, measurements[2 * i + 1]!.median];
  const kibibytes = (count * FRAMES * FRAME) / 1_024;
  const figures = [again, anew].map(median => (median / (count * FRAMES)).toFixed(0));
  return [String(count), String(kibibytes), ...figures, (anew / again).toFixed(2)];
});
console.log(`${machine()}\n`);
console.log(
  table(['connections', 'KiB a turn', 'filled again, ns a frame', 'new, ns a frame', 'new / filled again'], rows),
);
