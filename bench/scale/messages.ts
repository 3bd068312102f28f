/** CPU per message over the life of a connection, from its first messages to its millionth. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../contenders.js';
import { generateLoad, startGenerator } from '../load/generator.js';
import { Program } from '../program.js';
import type { Curve } from './results.js';

/** Ends of the stretches that are measured: so many messages of a connection. */
const MARKS = [100, 1_000, 10_000, 100_000, 1_000_000];

const CONNECTIONS = 7;

/** Beyond this, in seconds, something is wrong. */
const LONGEST = 60;

const LOAD = { mode: 'echo', connections: 1, inFlight: 32, size: 125 } as const;

/** A connection at a time, each fresh, on a server whose code is compiled: what grows then is the connection's. */
export async function cpuByMessages({ label, env }: Contender): Promise<Curve> {
  const script = join(import.meta.dirname, 'messages-server.mjs');
  const program = new Program('measured', [process.execPath, script, MARKS.join(',')], env);
  const { port } = await program.answer<{ port: number }>();
  const load = { ...LOAD, port, pid: program.pid };
  // Not long enough to pass the last mark.
  await generateLoad({ ...load, connections: 8, warmUp: 0, duration: 1 });
  let passed: number[][] = [];
  while (passed.length < CONNECTIONS) {
    const before = passed.length;
    const generator = startGenerator({ ...load, warmUp: 0, duration: LONGEST });
    for (let waited = 0; passed.length === before; waited += 0.1) {
      if (waited > LONGEST) throw new Error(`no million messages within ${LONGEST} s`);
      await sleep(100);
      ({ passed } = await program.ask<{ passed: number[][] }>('passed?'));
    }
    await generator.stop();
  }
  await program.stop();
  const points = MARKS.map((mark, i) => {
    const stretch = mark - (MARKS[i - 1] ?? 1);
    const sorted = passed.map(times => times[i]! / stretch).sort((a, b) => a - b);
    return [mark, sorted[Math.floor(sorted.length / 2)]!] as const;
  });
  return {
    id: 'scale-messages',
    title: 'Does a message cost more the longer a connection lasts?',
    note: `Echo of 125 B, 32 in flight, one connection at a time; from the message before to the one named; medians of ${passed.length} connections.`,
    x: { label: 'messages of the connection', scale: 'log' },
    y: { label: 'CPU of the server per message', unit: 'µs' },
    series: [{ label, tone: 'ours', points }],
  };
}
