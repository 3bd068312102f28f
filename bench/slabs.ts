/**
 * Measures the value for MAX_EMPTY_SLABS in src/framing/output-buffer.ts: a turn of the event loop in which many
 * connections each send some KiB, with slabs that are reused, and with new slabs each time. Run it with `npm run slabs`
 * in this folder.
 */
import { OutputBuffer } from '../src/framing/output-buffer.js';
import { releaseOutput } from '../src/framing/slabs.js';
import { machine, measure, type Subject, table } from './measure.js';

/** Frames of 1 KiB, 32 per connection: half a read of 64 KiB. */
const FRAME = 1_024;
const FRAMES = 32;
const CONNECTIONS = [1, 4, 16, 64, 128, 256];

const payload = Buffer.allocUnsafeSlow(FRAME).fill('ws101');

/** Uses slabs as one turn of the event loop does: collects each connection's frames, takes them, and releases them. */
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

const measurements = measure(CONNECTIONS.flatMap(count => [turn('reused', count, true), turn('new', count, false)]));
const rows = CONNECTIONS.map((count, i) => {
  const [reused, fresh] = [measurements[2 * i]!.median, measurements[2 * i + 1]!.median];
  const kibibytes = (count * FRAMES * FRAME) / 1_024;
  const figures = [reused, fresh].map(median => (median / (count * FRAMES)).toFixed(0));
  return [String(count), String(kibibytes), ...figures, (fresh / reused).toFixed(2)];
});
console.log(`${machine()}\n`);
console.log(table(['connections', 'KiB per turn', 'reused, ns per frame', 'new, ns per frame', 'new / reused'], rows));
