import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import { Recorder } from './streams.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface RunningCommand {
  readonly process: ChildProcessWithoutNullStreams;
  readonly stdout: Recorder;
  readonly stderr: Recorder;
  /** Resolves to the exit code when both streams have ended. */
  readonly exit: Promise<number | null>;
}

/** Runs `ws101`, compiled from the sources. Its stdin stays open. */
export function ws101(...args: string[]): RunningCommand {
  const child = spawn(process.execPath, [join(inject('compiledPackage'), 'dist/cli/main.js'), ...args], { cwd: ROOT });
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
