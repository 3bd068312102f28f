/**
 * Measures three choices about text. Run it with `npm run utf8` in this folder.
 *
 * - HOST_THRESHOLD in src/framing/utf8-validator.ts: the loop that finds the invalid byte, compared with the host's
 *   isUtf8(), which checks many bytes at once but costs a call
 * - src/platform/utf8-decoder.ts, compared with the host's decoder
 * - the encoder, which does not count the bytes of a text before it writes them
 */

import { Utf8Validator } from '../src/framing/utf8-validator.js';
import { decodeWellFormed } from '../src/platform/utf8-decoder.js';
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

const TEXTS: Readonly<Record<string, string>> = {
  ASCII: 'hello world ',
  Latin: 'Größe der Fußgängerbrücke, señor ',
  Chinese: '网络套接字全双工通信',
  emoji: '😀 ok 🎉🎊 ',
};

const ENCODED = Buffer.allocUnsafeSlow(4 * 1024);

/** Returns about `size` bytes of a text. */
function bytesOf(sample: string, size: number): Buffer {
  return Buffer.from(sample.repeat(Math.ceil(size / Buffer.byteLength(sample))));
}

function textSubject(name: string, run: () => unknown): Subject {
  return {
    name,
    run: times => {
      for (let i = 0; i < times; i++) run();
    },
  };
}

for (const size of [32, 128, 1024]) {
  const rows = Object.entries(TEXTS).map(([name, sample]) => {
    const bytes = bytesOf(sample, size);
    const text = bytes.toString();
    const [host, own, written, counted] = measure([
      textSubject('host', () => bytes.toString('utf8', 0, bytes.length)),
      textSubject('own', () => decodeWellFormed(bytes, 0, bytes.length)),
      textSubject('write', () => ENCODED.write(text, 0, 'utf8')),
      textSubject('count and write', () => Buffer.byteLength(text) + ENCODED.write(text, 0, 'utf8')),
    ]).map(({ median }) => median.toFixed(0));
    return [name, String(bytes.length), host!, own!, written!, counted!];
  });
  const head = ['text', 'bytes', 'decode: host, ns', 'own, ns', 'encode: write, ns', 'count and write, ns'];
  console.log(`${table(head, rows)}\n`);
}
