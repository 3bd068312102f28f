/**
 * Reads a .cpuprofile of V8, as written by `node --cpu-prof`, and sums up the time of each function. Times are in µs.
 */

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** The id of the node that was running at each sample, and the time since the previous sample. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
}

/** A function. Lines and columns count from 0. Native functions have no url. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface SelfTime {
  readonly frame: CallFrame;
  /** Time in this function itself, without the functions that it called. */
  readonly time: number;
}

/**
 * The function to which V8 attributes waiting for events, and also reading from sockets, which it cannot distinguish.
 */
export const IDLE = '(idle)';

/** Returns the time of each function within the last `window` µs, the longest first. */
export function selfTimes({ nodes, samples, timeDeltas, startTime, endTime }: CpuProfile, window: number): SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { frame: CallFrame; time: number }>();
  let now = startTime;
  for (const [i, id] of samples.entries()) {
    now += timeDeltas[i]!;
    // A sample stands for the time until the next one.
    const next = i + 1 < samples.length ? now + timeDeltas[i + 1]! : endTime;
    const time = next - Math.max(now, endTime - window);
    const frame = frames.get(id);
    if (time <= 0 || frame === undefined) continue;
    const key = `${frame.functionName} ${frame.url}:${frame.lineNumber}:${frame.columnNumber}`;
    const entry = times.get(key);
    if (entry === undefined) times.set(key, { frame, time });
    else entry.time += time;
  }
  return [...times.values()].sort((a, b) => b.time - a.time);
}
