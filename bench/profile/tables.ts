/** Formats a profile as two tables: by part of the program, and by function. */
import { table } from '../measure.js';
import { type CpuProfile, IDLE, type SelfTime, selfTimes } from './digest.js';
import { placeOf } from './place.js';

/** The CPU time per message in µs, and the number of messages, while the process was profiled. */
export interface Load {
  readonly cpu: number;
  readonly messages: number;
}

/**
 * CPU time without samples. V8 counts everything that Node does between calls of its functions as idle: waiting, which
 * takes no CPU, and reading from sockets and polling for events, which does. Other threads have no samples at all.
 */
const UNSEEN = 'system calls: reads, events; other threads';

interface Entry {
  readonly name: string;
  readonly part: string;
  readonly time: number;
}

export function partTable(profile: CpuProfile, window: number, load?: Load): string {
  const parts = new Map<string, number>();
  for (const { part, time } of entriesOf(profile, window, load)) parts.set(part, (parts.get(part) ?? 0) + time);
  const rows = [...parts].sort((a, b) => b[1] - a[1]);
  return render(rows, load, 'part');
}

export function functionTable(profile: CpuProfile, window: number, load: Load | undefined, most: number): string {
  const rows = entriesOf(profile, window, load).map(({ name, time }) => [name, time] as const);
  return render(rows, load, 'function', most);
}

/** Returns everything that took CPU time, the longest first. */
function entriesOf(profile: CpuProfile, window: number, load: Load | undefined): Entry[] {
  const busy = selfTimes(profile, window).filter(
    ({ frame }) => frame.functionName !== IDLE && frame.functionName !== '(root)',
  );
  const entries = busy.map(({ frame, time }: SelfTime) => ({ ...placeOf(frame), time }));
  if (load !== undefined) {
    const unseen = load.cpu * load.messages - entries.reduce((sum, { time }) => sum + time, 0);
    entries.push({ name: UNSEEN, part: UNSEEN, time: Math.max(0, unseen) });
  }
  return entries.sort((a, b) => b.time - a.time);
}

function render(
  all: ReadonlyArray<readonly [string, number]>,
  load: Load | undefined,
  title: string,
  most = all.length,
): string {
  const sum = all.reduce((total, [, time]) => total + time, 0);
  const shown = all.slice(0, most);
  const rest = all.slice(most).reduce((total, [, time]) => total + time, 0);
  const rows = rest > 0 ? [...shown, [`the other ${all.length - most}`, rest] as const] : shown;
  const cells = rows.map(([name, time]) => [
    name,
    `${((100 * time) / sum).toFixed(1)} %`,
    load === undefined ? `${(time / 1000).toFixed(1)}` : (time / load.messages).toFixed(3),
  ]);
  return table([title, 'share', load === undefined ? 'ms' : 'µs per message'], cells);
}
