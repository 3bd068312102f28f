/**
 * Measures the values for WORD_THRESHOLD and SIMD_THRESHOLD in src/framing/masking.ts: the plain loop of RFC 6455 §5.3,
 * the loop that rotates the key, 32-bit words with an existing or a new view, SIMD with its copies, and bufferutil,
 * which needs no copies. Then, what it costs to unmask a chunk into the memory of a large message. Run it with `npm run
 * masking` in this folder.
 */
import { createRequire } from 'node:module';
import { maskBytes, maskTo, maskWords } from '../src/framing/masking.js';
import { maskBySimd } from '../src/framing/masking-simd.js';
import { machine, measure, type Subject, table } from './measure.js';

const SIZES = [8, 16, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 1280, 1536, 2048, 4096, 16_384, 65_536];

const KEY = 0x91a2b3c4 | 0;
const KEY_OCTETS = Buffer.of(0x91, 0xa2, 0xb3, 0xc4);

/**
 * Two buffers of the size of a socket's chunk. The view of the last one is cached, so alternating creates a new view
 * each time.
 */
const [memory, other] = [Buffer.allocUnsafeSlow(65_536), Buffer.allocUnsafeSlow(65_536)];

const { unmask } = createRequire(import.meta.url)('bufferutil') as { unmask: (bytes: Buffer, key: Buffer) => void };

/**
 * "Octet i of the transformed data is the XOR of octet i of the original data with octet at index i modulo 4 of the
 * masking key".
 */
function maskNaively(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) bytes[i] = bytes[i]! ^ KEY_OCTETS[(i - start) & 3]!;
}

type Mask = (bytes: Buffer, start: number, end: number) => void;

const METHODS: Record<string, Mask> = {
  naive: maskNaively,
  bytes: (bytes, start, end) => maskBytes(bytes, start, end, bytes, start, KEY),
  words: (bytes, start, end) => maskWords(bytes, start, end, KEY),
  'words, new view': (bytes, start, end) => maskWords(bytes, start, end, KEY),
  SIMD: (bytes, start, end) => void maskBySimd(bytes, start, end, bytes, start, KEY),
  bufferutil: (bytes, start, end) => unmask(bytes.subarray(start, end), KEY_OCTETS),
};

/** Payloads start anywhere in a chunk, so this uses every alignment in turn, if there is room. */
function masking(name: string, mask: Mask, size: number): Subject {
  const second = name === 'words, new view' ? other : memory;
  const room = Math.min(31, memory.length - size);
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) mask((i & 1) === 0 ? memory : second, i & room, (i & room) + size);
  };
  return { name, run };
}

const names = Object.keys(METHODS);
const measurements = measure(SIZES.flatMap(size => names.map(name => masking(name, METHODS[name]!, size))));
const rows = SIZES.map((size, i) => {
  const medians = measurements.slice(names.length * i, names.length * (i + 1)).map(({ median }) => median);
  const best = Math.min(...medians.slice(1, -1));
  return [String(size), ...medians.map(median => median.toFixed(0)), (size / best).toFixed(1)];
});
console.log(`${machine()}\n`);
console.log(table(['bytes', ...names.map(name => `${name}, ns`), 'best of ws101, GB/s'], rows));

/** More memory than the processor's caches hold. A message is written to memory that was not used for a while. */
const COLD = Array.from({ length: 2_048 }, () => Buffer.allocUnsafeSlow(memory.length).fill(1));

const TARGETS: Record<string, readonly Buffer[]> = {
  'memory in the cache': [other],
  'memory that is not in the cache': COLD,
};

function filling(name: string, targets: readonly Buffer[], isMasked: boolean): Subject {
  let next = 0;
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      const target = targets[next++ % targets.length]!;
      if (isMasked) maskTo(memory, 0, memory.length, target, 0, KEY, 0);
      else target.set(memory);
    }
  };
  return { name, run };
}

const fillings = Object.entries(TARGETS).flatMap(([name, targets]) => [
  filling(name, targets, false),
  filling(name, targets, true),
]);
const filled = measure(fillings);
const fills = Object.keys(TARGETS).map((name, i) => [
  name,
  filled[2 * i]!.median.toFixed(0),
  filled[2 * i + 1]!.median.toFixed(0),
]);
console.log(`\n${table([`${memory.length} bytes into`, 'copied, ns', 'unmasked, ns'], fills)}`);
