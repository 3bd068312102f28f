/**
 * Measures the value for HOST_THRESHOLD in src/framing/utf8-validator.ts: the loop that finds the invalid byte,
 * compared with the host's isUtf8(), which checks many bytes at once but costs a call. Run it with `npm run utf8` in
 * this folder.
 */
import { Utf8Validator } from '../src/framing/utf8-validator.js';
import { machine, measure, type Subject, table } from './measure.js';

const SIZES = [4, 16, 32, 48, 64, 96, 128, 256, 1024, 16_384];

const SAMPLES: Readonly<Record<string, string>> = { ASCII: 'ws101', 'two bytes per character': 'é' };

function checking(sample: string, size: number, hostThreshold: number): Subject {
  const bytes = Buffer.allocUnsafeSlow(size).fill(sample);
  const validator = new Utf8Validator(hostThreshold);
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      if (validator.check(bytes, 0, size) !== -1) throw new Error('the sample is UTF-8');
    }
  };
  return { name: sample, run };
}

console.log(`${machine()}\n`);
for (const [name, sample] of Object.entries(SAMPLES)) {
  const measurements = measure(
    SIZES.flatMap(size => [checking(sample, size, Number.POSITIVE_INFINITY), checking(sample, size, 0)]),
  );
  const rows = SIZES.map((size, i) => {
    const [loop, host] = [measurements[2 * i]!.median, measurements[2 * i + 1]!.median];
    return [String(size), loop.toFixed(0), host.toFixed(0), (loop / host).toFixed(2)];
  });
  console.log(`${table([`${name}, bytes`, 'loop, ns', 'host, ns', 'loop / host'], rows)}\n`);
}
