/** The load generator of this folder, as the benchmarks use it: compiled at first use, started, and asked for what it counted. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../program.js';

const here = import.meta.dirname;
const folder = join(here, '../.cache');
const binary = join(folder, 'load');

/** What happened in one window of time. Times are in seconds, latencies in µs. */
export interface Report {
  readonly messages: number;
  readonly seconds: number;
  /** CPU time of the measured process, all threads of it. */
  readonly cpu: number;
  readonly generatorCpu: number;
  /** CPU time of all else on the machine. */
  readonly othersCpu: number;
  /** Taken by the host of a virtual machine. */
  readonly stolen: number;
  /** How long the main thread of the measured process, or the generator, was ready to run and had no processor. */
  readonly waited: number;
  readonly generatorWaited: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

export interface Load {
  readonly mode: 'echo' | 'broadcast' | 'handshake' | 'idle';
  readonly port: number;
  /** Of the process whose CPU time is taken. */
  readonly pid: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly size: number;
  readonly text?: boolean;
  /** Offers permessage-deflate; `payload` is compressed already. */
  readonly deflate?: boolean;
  /** A file with the payload to send, in place of generated text. */
  readonly payload?: string;
  /** Seconds. */
  readonly warmUp: number;
  readonly duration: number;
}

/** Compiles it, where that has not been done since its source changed. */
export function compileGenerator(): void {
  const sources = readdirSync(here).filter(name => /\.[ch]$/.test(name));
  const changed = Math.max(...sources.map(name => statSync(join(here, name)).mtimeMs));
  if ((statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0) > changed) return;
  mkdirSync(folder, { recursive: true });
  const files = sources.filter(name => name.endsWith('.c')).map(name => join(here, name));
  const { status, error } = spawnSync('cc', ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-o', binary, ...files], {
    stdio: 'inherit',
  });
  if (status !== 0)
    throw new Error(`the load generator cannot be compiled: it needs Linux and cc (${error ?? status})`);
}

/** Starts it; what it has counted is its answer. */
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

/** One window of load. */
export async function generateLoad(load: Load): Promise<Report> {
  const generator = startGenerator(load);
  try {
    return await generator.answer<Report>();
  } finally {
    await generator.stop();
  }
}

/**
 * Starts the other side of a client: it says its port, and answers a line "PID WARM-UP DURATION" with a report on the process of that
 * number.
 */
export function startCounterpart(mode: 'serve-echo' | 'serve-stream', size: number): Program {
  return new Program('other', [binary, '--mode', mode, '--size', String(size)]);
}
