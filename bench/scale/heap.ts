/** Measures the heap under load over time, to see whether the memory in use after garbage collections grows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contender } from '../contenders.js';
import { serverRound, startServer } from '../round.js';
import { SCENARIOS } from '../scenarios.js';
import type { Curve } from './results.js';

type Reading = readonly [milliseconds: number, bytes: number];

const SECONDS = 30;

const ECHO = SCENARIOS.find(({ id }) => id === 'echo-1k-text')!;

export async function heapOverTime(contender: Contender): Promise<Curve> {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-heap-'));
  const file = join(folder, 'heap.json');
  const [node, ...command] = contender.server!;
  const probe = pathToFileURL(join(import.meta.dirname, 'heap-probe.mjs')).href;
  const probed = {
    ...contender,
    server: [node!, '--import', probe, ...command],
    env: { ...contender.env, HEAP_PROBE: file },
  };
  const server = await startServer(probed, ECHO);
  const sample = await serverRound(server, ECHO, { warmUp: 1, duration: SECONDS });
  await server.program.stop();
  const { inUse, left } = JSON.parse(readFileSync(file, 'utf8')) as Record<'inUse' | 'left', Reading[]>;
  rmSync(folder, { recursive: true });
  const end = inUse.at(-1)![0];
  const points = (readings: readonly Reading[]) =>
    readings
      .filter(([at]) => at > end - SECONDS * 1000)
      .map(([at, bytes]) => [(at - end) / 1000 + SECONDS, bytes / 2 ** 20] as const);
  const messages = Math.round(sample.rate! * SECONDS).toLocaleString('en');
  const used = points(inUse);
  const least = leastOfEachSecond(points([...inUse, ...left]));
  const third = (from: number) =>
    Math.min(...least.slice(from, from + SECONDS / 3).map(([, value]) => value)).toFixed(1);
  return {
    id: 'scale-heap',
    title: 'Does the heap grow under load?',
    note: `Echo of 1 KiB of text, ${ECHO.connections} connections, ${ECHO.inFlight} in flight: ${messages} messages in ${SECONDS} s. The minimum of the first third is ${third(0)} MiB, of the second ${third(SECONDS / 3)}, of the last ${third((2 * SECONDS) / 3)}.${sample.disturbed === undefined ? '' : ` Disturbed: ${sample.disturbed}.`}`,
    x: { label: 'seconds', scale: 'linear' },
    y: { label: 'heap of the server', unit: 'MiB' },
    series: [
      { label: 'in use', tone: 'ours', points: used },
      { label: 'minimum per second', tone: 'floor', points: least },
    ],
  };
}

/** Returns the minimum of each second: the level after garbage collections. */
function leastOfEachSecond(points: ReadonlyArray<readonly [number, number]>): Array<readonly [number, number]> {
  const least = new Map<number, number>();
  for (const [at, value] of points) {
    const second = Math.min(Math.floor(at), SECONDS - 1);
    least.set(second, Math.min(value, least.get(second) ?? Number.POSITIVE_INFINITY));
  }
  return [...least].map(([second, value]) => [second + 0.5, value] as const).sort((a, b) => a[0] - b[0]);
}
