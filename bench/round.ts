/** One round of one contender: a moment under the load of a scenario, and what was seen of it. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.js';
import { disturbance } from './disturbance.js';
import { generateLoad, type Report, startCounterpart, startGenerator } from './load/generator.js';
import { deflatedPayload } from './payload.js';
import { Program } from './program.js';
import type { Sample } from './results.js';
import type { Scenario } from './scenarios.js';

/** How long a round lasts, in seconds. */
export interface Timing {
  readonly warmUp: number;
  readonly duration: number;
}

/** A contender's server, listening. */
export interface Server {
  readonly program: Program;
  readonly port: number;
}

export async function startServer(contender: Contender, { kind, deflate }: Scenario): Promise<Server> {
  const mode = deflate === true ? 'deflate' : kind === 'broadcast' ? 'broadcast' : 'echo';
  const program = new Program('measured', [...contender.server!, mode], contender.env);
  const { port } = await program.answer<{ port: number }>();
  return { program, port };
}

/** Messages to a server, or connections that open and close: echo, broadcast, handshake. */
export async function serverRound({ program, port }: Server, scenario: Scenario, timing: Timing): Promise<Sample> {
  const { kind, connections, inFlight, size, text = false, deflate = false } = scenario;
  const mode = kind === 'broadcast' || kind === 'handshake' ? kind : 'echo';
  const payload = deflate ? { payload: deflatedPayload(size) } : {};
  const load = {
    mode,
    port,
    pid: program.pid,
    connections,
    inFlight,
    size,
    text,
    deflate,
    ...payload,
    ...timing,
  } as const;
  return sampleOf(await generateLoad(load));
}

/** A client, before a server that is faster than any. */
export async function clientRound(contender: Contender, scenario: Scenario, timing: Timing): Promise<Sample> {
  const { kind, connections, inFlight, size } = scenario;
  const counterpart = startCounterpart(kind === 'client-echo' ? 'serve-echo' : 'serve-stream', size);
  try {
    const { port } = await counterpart.answer<{ port: number }>();
    const what = [kind, port, connections, inFlight, size].map(String);
    const client = new Program('measured', [...contender.client!, ...what], contender.env);
    try {
      await client.answer();
      return sampleOf(await counterpart.ask<Report>(`${client.pid} ${timing.warmUp} ${timing.duration}`));
    } finally {
      await client.stop();
    }
  } finally {
    await counterpart.stop();
  }
}

/** So many connections come first, so that what a server needs for its first ones does not count for all. */
const FIRST_CONNECTIONS = 200;

/** How long memory is left to settle, in milliseconds. */
const SETTLING = 1000;

/** What connections that do nothing hold in memory. */
export async function idleRound(contender: Contender, scenario: Scenario): Promise<Sample> {
  const { program, port } = await startServer(contender, scenario);
  const { connections, inFlight, size } = scenario;
  const load = { mode: 'idle', port, pid: program.pid, inFlight, size, warmUp: 0, duration: 0 } as const;
  try {
    const first = startGenerator({ ...load, connections: FIRST_CONNECTIONS });
    await first.answer();
    await first.stop();
    const before = await residentMemory(program);
    const generator = startGenerator({ ...load, connections });
    try {
      await generator.answer();
      return { value: ((await residentMemory(program)) - before) / connections };
    } finally {
      await generator.stop();
    }
  } finally {
    await program.stop();
  }
}

/** In KiB, after garbage has been collected, by those who can be asked to. */
async function residentMemory(program: Program): Promise<number> {
  await sleep(SETTLING);
  await program.ask('gc');
  await sleep(SETTLING);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1]);
}

/** Masking, without a connection. */
export async function maskingRound(contender: Contender, { duration }: Timing): Promise<Sample> {
  const program = new Program('measured', [...contender.masking!, String(duration)], contender.env);
  const { rate, share } = await program.answer<{ rate: number; share: number }>();
  await program.stop();
  return {
    value: rate,
    ...(share > 0.9 ? {} : { disturbed: `it had a core for ${(share * 100).toFixed(0)} % of the time` }),
  };
}

function sampleOf(report: Report): Sample {
  const disturbed = disturbance(report);
  return {
    value: (report.cpu * 1e6) / report.messages,
    rate: report.messages / report.seconds,
    // What a client waits for, its counterpart does not see.
    ...(report.p99 > 0 ? { p50: report.p50, p99: report.p99 } : {}),
    generatorShare: report.generatorCpu / report.seconds,
    ...(disturbed === undefined ? {} : { disturbed }),
  };
}
