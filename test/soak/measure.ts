import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Bytes that this process holds once its garbage is collected: heap, and memory beside it (`external` has `arrayBuffers` in it). */
export async function heldMemory(): Promise<number> {
  // Some memory is given back by callbacks behind a collection.
  collectGarbage();
  await wait(10);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc, which main.ts gives');
  // What one collection finds dead, the thread that frees it may not have freed before the next one begins.
  for (let i = 0; i < 3; i++) globalThis.gc();
}

/** Handles that keep a process alive: sockets, servers, timers. */
export function activeHandles(): number {
  return process.getActiveResourcesInfo().filter(name => !/TTYWrap|PipeWrap|Immediate/.test(name)).length;
}

/** Descriptors that this process has open; undefined where there is no /proc. */
export function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** The value that this share of all of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median of the slopes between any two points (Theil and Sen): one measurement that went astray does not bend it. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const slopes = points.flatMap(([x1, y1], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y1) / (x2 - x1)));
  return percentile(slopes, 0.5);
}

/** Waits until `condition` holds, looking every few milliseconds. @throws after `timeout` ms */
export async function until(condition: () => boolean, timeout: number, what: string): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeout} ms`);
    await wait(5);
  }
}
