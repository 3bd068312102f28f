/** Compiles, starts and queries the load generator of this folder. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../program.js';

const here = import.meta.dirname;
const folder = join(here, '../.cache');
const binary = join(folder, 'load');

/** What happened during one measurement. Times are in seconds, latencies in µs. */
export interface Report {
  readonly messages: number;
  readonly seconds: number;
  /** CPU time of all threads of the measured process. */
  readonly cpu: number;
  readonly generatorCpu: number;
  /** CPU time of everything else on the machine. */
  readonly othersCpu: number;
  /** CPU time taken by the host of a virtual machine. */
  readonly stolen: number;
  /** How long the main thread of the measured process, and the generator, were ready to run but had no processor. */
  readonly waited: number;
  readonly generatorWaited: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
}

export interface Load {
  readonly mode: 'echo' | 'broadcast' | 'handshake' | 'visit' | 'idle';
  readonly port: number;
  /** The process whose CPU time is measured. */
  readonly pid: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly size: number;
  readonly text?: boolean;
  /** Whether to offer permessage-deflate. Then `payload` is compressed already. */
  readonly deflate?: boolean;
  /** A file with the payload, instead of generated text. */
  readonly payload?: string;
  /** Durations in seconds. */
  readonly warmUp: number;
  readonly duration: number;
}

/** Compiles the generator, unless that has been done since its source changed. */
export function compileGenerator(): void {
  const sources = readdirSync(here).filter(name => /\.[ch]$/.test(name));
  const changed = Math.max(...sources.map(name => statSync(join(here, name)).mtimeMs));
  if ((statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0) > changed) return;
  mkdirSync(folder, { recursive: true });
  const files = sources.filter(name => name.endsWith('.c')).map(name => join(here, name));
  const { status, error } = spawnSync('cc', ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-o', binary, ...files], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`cannot compile the load generator, which needs Linux and cc (${error ?? status})`);
}

/** Starts the generator. Its answer is its report. */
export function startGenerator(load: Load): Program {
  const args = [
    ...['--mode', load.mode, '--port', String(load.port), '--pid', String(load.pid)],
    ...['--connections', String(load.connections), '--in-flight', String(load.inFlight), '--size', String(load.size)],
    ...['--warm-up', String(load.warmUp), '--duration', String(load.duration)],
    ...(load.text === true ? ['--text'] : []),
    ...(load.deflate === true ? ['--deflate'] : []),
    ...(load.payload === undefined ? [] : ['--payload', load.payload]),
  ];
  return new Program('other', [binary, ...args]);
}

/** Runs one measurement. */
export async function generateLoad(load: Load): Promise<Report> {
  const generator = startGenerator(load);
  try {
    return await generator.answer<Report>();
  } finally {
    await generator.stop();
  }
}

/**
 * Starts the server for a client. It prints its port, and answers a line "PID WARM-UP DURATION" with a report on the
 * process PID.
 */
export function startCounterpart(mode: 'serve-echo' | 'serve-stream', size: number): Program {
  return new Program('other', [binary, '--mode', mode, '--size', String(size)]);
}
