/** A .cpuprofile of V8's, as `node --cpu-prof` writes it: who ran how long. Times are in µs. */

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** The node that was running at each sample, by its id, and the time since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
}

/** A function. Lines and columns count from 0. Natives have no url. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface SelfTime {
  readonly frame: CallFrame;
  /** Time in this function itself, not in what it called. */
  readonly time: number;
}

/** The function in which V8 counts waiting for events, and, since it cannot tell it apart, the reading of sockets. */
export const IDLE = '(idle)';

/** The time of each function within the last `window` µs, the longest first. */
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
