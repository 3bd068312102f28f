/** The result file, and the statistics of its samples. */

export interface Results {
  readonly machine: Machine;
  readonly mode: 'quick' | 'full';
  /**
   * How many interleaved rounds were planned. There are more if too many were disturbed, and fewer for idle
   * connections.
   */
  readonly rounds: number;
  readonly contenders: ReadonlyArray<{ readonly id: string; readonly label: string; readonly version: string }>;
  readonly scenarios: readonly ScenarioResult[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** Whether server and generator each had a core. */
  readonly pinned: boolean;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  /** What the value means: "CPU of the server per message". */
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly target?: Target;
  readonly runs: readonly Run[];
}

/** The target: at most (or at least, if higher is better) the value of `against`, times `ratio`. */
export interface Target {
  readonly text: string;
  /** A contender's id, or 'fixed'. Then `ratio` is the value itself. */
  readonly against: string;
  readonly ratio: number;
}

export interface Run {
  readonly contender: string;
  readonly samples: readonly Sample[];
}

/** One round of one contender. */
export interface Sample {
  readonly value: number;
  /** Messages per second. */
  readonly rate?: number;
  /** Latencies in µs. */
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly p999?: number;
  /** The share of its core that the load generator used. Near 1, the generator limits the rate. */
  readonly generatorShare?: number;
  /** What disturbed this sample, if anything did. */
  readonly disturbed?: string;
}

/** The figures of a sample. */
export type Figure = 'value' | 'rate' | 'p50' | 'p90' | 'p99' | 'p999' | 'generatorShare';

/** The statistics of some samples. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many samples were used, and how many there are. */
  readonly used: number;
  readonly of: number;
}

/** With fewer undisturbed samples than this, disturbed samples count too. */
export const ENOUGH = 3;

/** Returns the samples that count: the undisturbed ones, if there are enough of them. */
export function counting(samples: readonly Sample[]): readonly Sample[] {
  const undisturbed = samples.filter(({ disturbed }) => disturbed === undefined);
  return undisturbed.length >= ENOUGH ? undisturbed : samples;
}

/** Summarises one figure of the samples that count. Returns undefined if no sample has it. */
export function summarise(samples: readonly Sample[], figure: Figure = 'value'): Summary | undefined {
  const figures = counting(samples)
    .map(sample => sample[figure])
    .filter(value => value !== undefined)
    .sort((a, b) => a - b);
  if (figures.length === 0) return undefined;
  const middle = (figures.length - 1) / 2;
  const median = (figures[Math.floor(middle)]! + figures[Math.ceil(middle)]!) / 2;
  return { median, min: figures[0]!, max: figures.at(-1)!, used: figures.length, of: samples.length };
}

/**
 * Returns how far ws101 is from its target: 1 or less is reached, whether lower or higher is better. Returns undefined
 * if one of the two was not measured.
 */
export function distanceToTarget({ target, better, runs }: ScenarioResult): number | undefined {
  const medianOf = (id: string) => {
    const run = runs.find(({ contender }) => contender === id);
    return run && summarise(run.samples)?.median;
  };
  if (target === undefined) return undefined;
  const ours = medianOf('ws101');
  const theirs = target.against === 'fixed' ? 1 : medianOf(target.against);
  if (ours === undefined || theirs === undefined) return undefined;
  const goal = theirs * target.ratio;
  return better === 'lower' ? ours / goal : goal / ours;
}

/** Returns the major version of Node in these results. */
export function majorOf({ machine }: Results): number {
  return majorVersion(machine.node);
}

/** Returns 24 for `24.1.0` and `v24.1.0`. */
export function majorVersion(version: string): number {
  return Number.parseInt(version.replace(/^v/, ''), 10);
}

/**
 * Replaces the rows of scenarios that were measured again, and adds the rows of new ones.
 *
 * @throws {RangeError} if the two results are from different machines or versions, which one table must not mix
 */
export function withRows(before: Results, newer: Results): Results {
  const origin = ({ machine, contenders }: Results) => JSON.stringify([{ ...machine, date: '' }, contenders]);
  if (origin(before) !== origin(newer)) {
    throw new RangeError(
      'the existing results are from another machine or other versions: measure all rows again, or use --out',
    );
  }
  const rows = new Map([...before.scenarios, ...newer.scenarios].map(row => [row.id, row]));
  return { ...before, machine: newer.machine, scenarios: [...rows.values()] };
}
