/** Measures how one busy connection delays a hundred others, with small and large messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../contenders.js';
import { type Report, startGenerator } from '../load/generator.js';
import { startServer } from '../round.js';
import { SCENARIOS, type Scenario } from '../scenarios.js';
import { toneOf } from './connections.js';
import type { Curve } from './results.js';

/** The sizes of the busy peer's messages, in bytes. */
const SIZES = [16, 256, 4_096, 65_536, 1_048_576];

/** The bytes that the busy peer has in flight: more than the server reads in one turn of its event loop. */
const BYTES_UNDER_WAY = 2 * 1024 * 1024;
const MAX_IN_FLIGHT = 4_096;

const ROUNDS = 3;
const OTHERS = 100;

const ECHO: Scenario = SCENARIOS.find(({ id }) => id === 'echo-125')!;

/** The duration of a measurement, in seconds. Without any answer, it is a lower bound of the latency. */
const WINDOW = 1.5;

/** Longer than all measurements of one server, in seconds. */
const BUSY_DURATION = 60;

export async function latencyBesideBusyPeer(contenders: readonly Contender[]): Promise<Curve> {
  const times = contenders.map(() => [undefined, ...SIZES].map((): number[] => []));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [c, contender] of contenders.entries()) {
      for (const [i, size] of [undefined, ...SIZES].entries())
        times[c]![i]!.push(await latencyOfOthers(contender, size));
    }
  }
  const alone = contenders.map(({ label }, c) => `${label} ${medianOf(times[c]![0]!).toFixed(1)} ms`);
  return {
    id: 'scale-fairness',
    title: 'How much does one busy peer delay the others?',
    note: `${OTHERS} connections with one message of 125 B in flight each, and one busy connection with up to 2 MiB in flight. All messages are echoed. The curve is the 99th percentile of the latency of the ${OTHERS}, as the median of ${ROUNDS} rounds. Without the busy one: ${alone.join(', ')}.`,
    x: { label: "bytes of the busy peer's messages", scale: 'log' },
    y: { label: 'latency of the others, p99', unit: 'ms' },
    series: contenders.map(({ id, label }, c) => ({
      label,
      tone: toneOf(id),
      points: SIZES.map((size, i) => [size, medianOf(times[c]![i + 1]!)] as const),
    })),
  };
}

/** Returns the 99th percentile in milliseconds, with a peer that sends messages of this size, or without one. */
async function latencyOfOthers(contender: Contender, size: number | undefined): Promise<number> {
  const { program, port } = await startServer(contender, ECHO);
  const load = { mode: 'echo', port, pid: program.pid } as const;
  const others = startGenerator({ ...load, connections: OTHERS, inFlight: 1, size: 125, warmUp: 2, duration: WINDOW });
  // The others connect first. If the busy peer takes all of the server's time, no one else could connect.
  await sleep(700);
  const inFlight = Math.min(MAX_IN_FLIGHT, Math.ceil(BYTES_UNDER_WAY / (size ?? 1)));
  const busy =
    size === undefined
      ? undefined
      : startGenerator({ ...load, connections: 1, inFlight, size, warmUp: 0, duration: BUSY_DURATION });
  const { p99, messages } = await others.answer<Report>();
  // The generators end when their server does.
  await program.stop();
  await Promise.all([others.stop(), busy?.stop()]);
  return messages === 0 ? WINDOW * 1000 : p99 / 1000;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
