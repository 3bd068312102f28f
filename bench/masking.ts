/**
 * Where WORD_THRESHOLD of src/framing/masking.ts comes from: the plain loop of RFC 6455 §5.3, the loop that rotates the key, and
 * 32-bit words behind a view that must be made. Run it with `npm run masking` in this folder.
 */
import { maskBytes, maskWords } from '../src/framing/masking.js';
import { machine, measure, type Subject, table } from './measure.js';

const SIZES = [8, 16, 32, 48, 64, 96, 128, 256, 1024, 65_536];

const KEY = 0x91a2b3c4 | 0;
const KEY_OCTETS = Uint8Array.of(0x91, 0xa2, 0xb3, 0xc4);

const memory = new Uint8Array(SIZES.at(-1)! + 32);

/** "Octet i of the transformed data is the XOR of octet i of the original data with octet at index i modulo 4 of the masking key". */
function maskNaively(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) bytes[i] = bytes[i]! ^ KEY_OCTETS[(i - start) & 3]!;
}

/** Payloads begin anywhere in a chunk, so every alignment comes in turn. */
function masking(name: string, size: number, mask: (start: number, end: number) => void): Subject {
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) mask(i & 31, (i & 31) + size);
  };
  return { name, run };
}

const measurements = measure(
  SIZES.flatMap(size => [
    masking('naive', size, (start, end) => maskNaively(memory, start, end)),
    masking('bytes', size, (start, end) => maskBytes(memory, start, end, memory, start, KEY)),
    masking('words', size, (start, end) => maskWords(memory, start, end, KEY)),
  ]),
);
const rows = SIZES.map((size, i) => {
  const [naive, bytes, words] = measurements.slice(3 * i, 3 * i + 3).map(({ median }) => median) as [
    number,
    number,
    number,
  ];
  const figures = [naive, bytes, words].map(median => median.toFixed(0));
  return [String(size), ...figures, (bytes / words).toFixed(2), (size / Math.min(bytes, words)).toFixed(2)];
});
console.log(`${machine()}\n`);
console.log(table(['bytes', 'naive, ns', 'bytes, ns', 'words, ns', 'bytes / words', 'best, GB/s'], rows));
