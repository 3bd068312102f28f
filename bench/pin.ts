/** Assigns a core to each side of a measurement, if the system supports it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Returns the cores that this process may use, or nothing without taskset. */
function cores(): number[] {
  const { status, stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) return [];
  // "pid 123's current affinity list: 0-3,6"
  return stdout
    .slice(stdout.lastIndexOf(':') + 1)
    .trim()
    .split(',')
    .flatMap(range => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** Returns the hardware threads of a core. They share it, so they count as one. */
function threadsOf(core: number): string | undefined {
  try {
    return readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8');
  } catch {
    return undefined;
  }
}

const [MEASURED, ...REST] = cores();
const OTHER = REST.find(core => threadsOf(core) !== threadsOf(MEASURED!)) ?? REST[0];

/** Whether each side has a core of its own. */
export const pinned: boolean = OTHER !== undefined;

/** Returns the command, pinned to the core of its side. */
export function pin(side: 'measured' | 'other', command: readonly string[]): readonly string[] {
  if (!pinned) return command;
  return ['taskset', '-c', String(side === 'measured' ? MEASURED : OTHER), ...command];
}
