import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Returns how many bytes this process holds after garbage collection: the heap and `external`, which includes
 * ArrayBuffers.
 */
export async function heldMemory(): Promise<number> {
  // Some memory is freed by callbacks after a collection.
  collectGarbage();
  await wait(10);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('needs the flag --expose-gc, which main.ts passes');
  // A background thread may free what one collection found dead only after the next collection has begun.
  for (let i = 0; i < 3; i++) globalThis.gc();
}

/** Counts the handles that keep a process alive: sockets, servers, timers. */
export function activeHandles(): number {
  return process.getActiveResourcesInfo().filter(name => !/TTYWrap|PipeWrap|Immediate/.test(name)).length;
}

/** Counts the open descriptors of this process. Returns undefined if there is no /proc. */
export function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** Returns the value that this share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Returns the median of the slopes between any two points (Theil–Sen), which ignores outliers. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const slopes = points.flatMap(([x1, y1], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y1) / (x2 - x1)));
  return percentile(slopes, 0.5);
}

/** Waits until `condition` returns true. @throws after `timeout` milliseconds */
export async function until(condition: () => boolean, timeout: number, what: string): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeout} ms`);
    await wait(5);
  }
}
