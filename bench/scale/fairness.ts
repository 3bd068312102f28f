/** What a hundred connections feel of one that is always busy, from small messages of that one to large ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../contenders.js';
import { type Report, startGenerator } from '../load/generator.js';
import { startServer } from '../round.js';
import { SCENARIOS, type Scenario } from '../scenarios.js';
import { toneOf } from './connections.js';
import type { Curve } from './results.js';

/** Of the busy peer's messages, in bytes. */
const SIZES = [16, 256, 4_096, 65_536, 1_048_576];

/** What the busy peer has under way at a time: more than the server reads in one turn of its event loop. */
const BYTES_UNDER_WAY = 2 * 1024 * 1024;
const MOST_IN_FLIGHT = 4_096;

const ROUNDS = 3;
const OTHERS = 100;

const ECHO: Scenario = SCENARIOS.find(({ id }) => id === 'echo-125')!;

/** What is looked at, in seconds. Where no answer comes in this time, this is how long they wait at least. */
const WINDOW = 1.5;

/** Longer than all measurements of one server, in seconds. */
const LONGEST = 60;

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
    title: 'What do others feel of one busy peer?',
    note: `${OTHERS} connections, each with one message of 125 B in flight, beside one with up to 2 MiB in flight, all echoed; the 99th percentile of what the ${OTHERS} wait, medians of ${ROUNDS} rounds. Without the busy one: ${alone.join(', ')}.`,
    x: { label: "bytes of the busy peer's messages", scale: 'log' },
    y: { label: 'latency of the others, p99', unit: 'ms' },
    series: contenders.map(({ id, label }, c) => ({
      label,
      tone: toneOf(id),
      points: SIZES.map((size, i) => [size, medianOf(times[c]![i + 1]!)] as const),
    })),
  };
}

/** The 99th percentile in milliseconds, beside a peer that sends messages of this size, or beside none. */
async function latencyOfOthers(contender: Contender, size: number | undefined): Promise<number> {
  const { program, port } = await startServer(contender, ECHO);
  const load = { mode: 'echo', port, pid: program.pid } as const;
  const others = startGenerator({ ...load, connections: OTHERS, inFlight: 1, size: 125, warmUp: 2, duration: WINDOW });
  // They are there first: where the busy one gets all of the server, nobody else would get in.
  await sleep(700);
  const inFlight = Math.min(MOST_IN_FLIGHT, Math.ceil(BYTES_UNDER_WAY / (size ?? 1)));
  const busy =
    size === undefined
      ? undefined
      : startGenerator({ ...load, connections: 1, inFlight, size, warmUp: 0, duration: LONGEST });
  const { p99, messages } = await others.answer<Report>();
  // The generators end where their server does.
  await program.stop();
  await Promise.all([others.stop(), busy?.stop()]);
  return messages === 0 ? WINDOW * 1000 : p99 / 1000;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
