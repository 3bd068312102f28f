/** Measures CPU per message over the life of a connection, from the first messages to the millionth. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../contenders.js';
import { generateLoad, startGenerator } from '../load/generator.js';
import { Program } from '../program.js';
import type { Curve } from './results.js';

/** The ends of the measured stretches, in messages of a connection. */
const MARKS = [100, 1_000, 10_000, 100_000, 1_000_000];

const CONNECTIONS = 7;

/** How long a connection may take, in seconds. */
const TIMEOUT = 60;

const LOAD = { mode: 'echo', connections: 1, inFlight: 32, size: 125 } as const;

/**
 * Measures CPU per message on one new connection at a time. The server's code is already compiled, so only the
 * connection can cause growth.
 */
export async function cpuByMessages({ label, env }: Contender): Promise<Curve> {
  const script = join(import.meta.dirname, 'messages-server.mjs');
  const program = new Program('measured', [process.execPath, script, MARKS.join(',')], env);
  const { port } = await program.answer<{ port: number }>();
  const load = { ...LOAD, port, pid: program.pid };
  // Warm-up connections, too short to reach the last mark.
  await generateLoad({ ...load, connections: 8, warmUp: 0, duration: 1 });
  let passed: number[][] = [];
  while (passed.length < CONNECTIONS) {
    const before = passed.length;
    const generator = startGenerator({ ...load, warmUp: 0, duration: TIMEOUT });
    for (let waited = 0; passed.length === before; waited += 0.1) {
      if (waited > TIMEOUT) throw new Error(`fewer than a million messages within ${TIMEOUT} s`);
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
    note: `Echo of 125 B, 32 in flight, one connection at a time. Each point covers the messages since the previous point. Medians of ${passed.length} connections.`,
    x: { label: 'messages of the connection', scale: 'log' },
    y: { label: 'CPU of the server per message', unit: 'µs' },
    series: [{ label, tone: 'ours', points }],
  };
}
