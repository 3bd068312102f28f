import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Recorder } from './streams.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = ['--conditions=ws101-source', '--import', 'tsx', 'src/cli/main.ts'];

export interface RunningCommand {
  readonly process: ChildProcessWithoutNullStreams;
  readonly stdout: Recorder;
  readonly stderr: Recorder;
  /** Resolves to the exit code when both streams have ended. */
  readonly exit: Promise<number | null>;
}

/** Runs `ws101` from source. Its stdin stays open. */
export function ws101(...args: string[]): RunningCommand {
  const child = spawn(process.execPath, [...COMMAND, ...args], { cwd: ROOT });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const stdout = new Recorder();
  const stderr = new Recorder();
  child.stdout.pipe(stdout);
  child.stderr.pipe(stderr);
  child.stdin.on('error', () => {});
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, stdout, stderr, exit };
}
