/** One round of one contender: puts it under the load of a scenario, and measures. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.js';
import { disturbance } from './disturbance.js';
import { generateLoad, type Report, startCounterpart, startGenerator } from './load/generator.js';
import { deflatedPayload, textPayload } from './payload.js';
import { Program } from './program.js';
import type { Sample } from './results.js';
import type { Scenario } from './scenarios.js';

/** The durations of a round, in seconds. */
export interface Timing {
  readonly warmUp: number;
  readonly duration: number;
}

/** A contender's listening server. */
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

/** Sends messages to a server, or opens and closes connections. */
export async function serverRound({ program, port }: Server, scenario: Scenario, timing: Timing): Promise<Sample> {
  const { kind, connections, inFlight, size, text = false, sample, deflate = false } = scenario;
  const mode = kind === 'broadcast' || kind === 'handshake' || kind === 'visit' ? kind : 'echo';
  const file = deflate ? deflatedPayload(size) : sample && textPayload(sample, size);
  const payload = file === undefined ? {} : { payload: file };
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

/** Measures a client, with a server that is faster than any client. */
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

/** Connections opened before the measurement, so that a server's fixed costs do not count. */
const FIRST_CONNECTIONS = 200;

/** How long to wait for memory to settle, in milliseconds. */
const SETTLING = 1000;

/** Measures the memory of idle connections. */
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

/** Returns the resident memory in KiB, after a garbage collection if the program supports it. */
async function residentMemory(program: Program): Promise<number> {
  await sleep(SETTLING);
  await program.ask('gc');
  await sleep(SETTLING);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1]);
}

/** Measures masking, without connections. */
export async function maskingRound(contender: Contender, { duration }: Timing): Promise<Sample> {
  const program = new Program('measured', [...contender.masking!, String(duration)], contender.env);
  const { rate, share } = await program.answer<{ rate: number; share: number }>();
  await program.stop();
  return {
    value: rate,
    ...(share > 0.9 ? {} : { disturbed: `the process had a core for only ${(share * 100).toFixed(0)} % of the time` }),
  };
}

function sampleOf(report: Report): Sample {
  const disturbed = disturbance(report);
  return {
    value: (report.cpu * 1e6) / report.messages,
    rate: report.messages / report.seconds,
    // The counterpart of a client cannot see its latencies.
    ...(report.p99 > 0 ? { p50: report.p50, p90: report.p90, p99: report.p99, p999: report.p999 } : {}),
    generatorShare: report.generatorCpu / report.seconds,
    ...(disturbed === undefined ? {} : { disturbed }),
  };
}
