/** Measures CPU per message and memory per connection, from 100 to 10,000 connections. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../contenders.js';
import { startGenerator } from '../load/generator.js';
import { type Sample, summarise } from '../results.js';
import { serverRound, startServer } from '../round.js';
import { SCENARIOS, type Scenario } from '../scenarios.js';
import type { Curve, Series } from './results.js';

const COUNTS = [100, 300, 1_000, 3_000, 10_000];

const ROUNDS = 3;

/** Echoes of 125 bytes with one in flight per connection: this includes the cost of a turn of the event loop. */
const ECHO: Scenario = SCENARIOS.find(({ id }) => id === 'echo-125')!;

export async function cpuByConnections(contenders: readonly Contender[]): Promise<Curve> {
  const samples = contenders.map(() => COUNTS.map((): Sample[] => []));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [c, contender] of contenders.entries()) {
      const server = await startServer(contender, ECHO);
      for (const [i, connections] of COUNTS.entries()) {
        const warmUp = i === 0 ? 1.5 : 0.5;
        samples[c]![i]!.push(await serverRound(server, { ...ECHO, connections }, { warmUp, duration: 1 }));
      }
      await server.program.stop();
    }
  }
  const all = samples.flat(2);
  const disturbed = all.filter(sample => sample.disturbed !== undefined).length;
  return {
    id: 'scale-connections',
    title: 'Does a message cost more with more connections?',
    note: `Echo of 125 B, one in flight on each connection; medians of ${ROUNDS} rounds. ${disturbed} of ${all.length} samples were disturbed by the machine.`,
    x: { label: 'connections', scale: 'log' },
    y: { label: 'CPU of the server per message', unit: 'µs' },
    series: contenders.map(({ id, label }, c) => ({
      label,
      tone: toneOf(id),
      points: COUNTS.map((count, i) => [count, summarise(samples[c]![i]!)!.median] as const),
    })),
  };
}

/** How long to wait for memory to settle, in milliseconds. */
const SETTLING = 700;

/** Connections opened before the measurement, so that a server's fixed costs do not count. */
const FIRST_CONNECTIONS = 200;

/** By default the young generation grows to 48 MiB while connections arrive, and stays that large. */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=1';

export function toneOf(id: string): 'ours' | 'other' | 'floor' {
  return id === 'ws101' ? 'ours' : id === 'raw-net' ? 'floor' : 'other';
}

export async function memoryByConnections(contenders: readonly Contender[]): Promise<Curve> {
  const series: Series[] = [];
  for (const contender of contenders) {
    const rss: Array<readonly [number, number]> = [];
    const heap: Array<readonly [number, number]> = [];
    const [node, ...command] = contender.server!;
    const { program, port } = await startServer(
      { ...contender, server: [node!, SMALL_YOUNG_GENERATION, ...command] },
      ECHO,
    );
    const load = { mode: 'idle', port, pid: program.pid, inFlight: 1, size: 0, warmUp: 0, duration: 0 } as const;
    const measure = async () => {
      await sleep(SETTLING);
      await program.ask('gc');
      await sleep(SETTLING);
      const { heapUsed } = await program.ask<{ heapUsed: number }>('gc');
      const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
      return { rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]), heap: heapUsed / 1024 };
    };
    const generators = [startGenerator({ ...load, connections: FIRST_CONNECTIONS })];
    await generators[0]!.answer();
    const none = await measure();
    let open = 0;
    for (const count of COUNTS) {
      const generator = startGenerator({ ...load, connections: count - open });
      generators.push(generator);
      await generator.answer();
      open = count;
      const held = await measure();
      rss.push([count, Math.max(0, held.rss - none.rss) / count]);
      heap.push([count, (held.heap - none.heap) / count]);
    }
    for (const generator of generators) await generator.stop();
    await program.stop();
    const tone = toneOf(contender.id);
    series.push({ label: `${contender.label}, resident`, tone, points: rss });
    series.push({
      label: `${contender.label}, heap`,
      tone: tone === 'ours' ? 'ours-dashed' : 'other-dashed',
      points: heap,
    });
  }
  return {
    id: 'scale-memory',
    title: 'Does a connection hold more memory with more connections?',
    note: `Idle connections with keepalive, after garbage collection, without the ${FIRST_CONNECTIONS} that were opened before. The young generation is limited to 1 MiB. By default it grows to 48 MiB while connections arrive, whatever their number.`,
    x: { label: 'connections', scale: 'log' },
    y: { label: 'memory per connection', unit: 'KiB' },
    series,
  };
}
