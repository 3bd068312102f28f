import { Buffer } from 'node:buffer';
import { inspect, isDeepStrictEqual } from 'node:util';
import { hashOf, Random } from './random.js';
import { BrokenOracle } from './target.js';

export function expectSame(oracle: string, actual: unknown, expected: unknown, where = ''): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new BrokenOracle(oracle, `${where} got ${shown(actual)}, expected ${shown(expected)}`);
}

export function expectThat(oracle: string, holds: boolean, detail: string): void {
  if (!holds) throw new BrokenOracle(oracle, detail);
}

function shown(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: 120, maxStringLength: 200, maxArrayLength: 40 });
}

/** Yields ways to split `bytes`: whole, byte by byte, in pieces of one size, in two, and at random places. */
export function* segmentations(bytes: Uint8Array): Generator<[how: string, chunks: Uint8Array[]]> {
  const random = new Random(hashOf(bytes));
  yield ['whole', [bytes]];
  yield ['byte by byte', byteByByte(bytes)];
  const size = 2 + random.below(9);
  yield [`in pieces of ${size}`, cut(bytes, () => size)];
  yield ['in two', cut(bytes, at => (at === 0 ? 1 + random.below(bytes.length) : bytes.length))];
  yield ['at random places', cut(bytes, () => 1 + random.below(64))];
}

export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return cut(bytes, () => 1);
}

function cut(bytes: Uint8Array, sizeAt: (at: number) => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + sizeAt(at);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** Returns how many bytes of buffer memory `run` allocates, freed or not. */
export function allocatedBy(run: () => void): number {
  let total = 0;
  const native = globalThis.Uint8Array;
  const { alloc, allocUnsafe, allocUnsafeSlow } = Buffer;
  const counted =
    <Give>(allocate: (size: number, ...others: never[]) => Give) =>
    (size: number, ...others: never[]) => {
      total += size;
      return allocate(size, ...others);
    };
  globalThis.Uint8Array = new Proxy(native, {
    construct(target, args: readonly unknown[], newTarget) {
      if (typeof args[0] === 'number') total += args[0];
      return Reflect.construct(target, args, newTarget === globalThis.Uint8Array ? target : newTarget);
    },
  });
  Object.assign(Buffer, {
    alloc: counted(alloc),
    allocUnsafe: counted(allocUnsafe),
    allocUnsafeSlow: counted(allocUnsafeSlow),
  });
  try {
    run();
    return total;
  } finally {
    globalThis.Uint8Array = native;
    Object.assign(Buffer, { alloc, allocUnsafe, allocUnsafeSlow });
  }
}

/** The garbage collector or the compiler may slow a run down, so it is repeated, and the fastest run counts. */
const TRIES = 6;

/** Shorter inputs are fast however the time grows. */
const MIN_TIMED_LENGTH = 2_048;

/** Checks that the time of `run` grows linearly. @param bytes the length of its input */
export function expectLinearTime(bytes: number, patience: number, run: () => void): void {
  if (bytes < MIN_TIMED_LENGTH) return;
  const budget = patience * (10 + bytes * 0.004);
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && fastest > budget; i++) {
    // CPU time, not clock time, because other programs may run at the same time.
    const start = process.cpuUsage();
    run();
    fastest = Math.min(fastest, process.cpuUsage(start).user / 1000);
  }
  expectThat(
    'time is linear',
    fastest <= budget,
    `${bytes} bytes took ${fastest.toFixed(1)} ms of ${budget.toFixed(1)}`,
  );
}
