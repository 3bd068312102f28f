/** The result file, and how its samples become the figures that are shown. */

export interface Results {
  readonly machine: Machine;
  readonly mode: 'quick' | 'full';
  /** Interleaved rounds that each contender got; more where the machine disturbed too many of them, fewer for idle connections. */
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
  /** Whether server and generator had a core each. */
  readonly pinned: boolean;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  /** What the value is: "CPU of the server per message". */
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly target?: Target;
  readonly runs: readonly Run[];
}

/** What ws101 must reach: its value at most (where higher is better: at least) that of `against`, times `ratio`. */
export interface Target {
  readonly text: string;
  /** A contender's id, or 'fixed': then `ratio` is the value itself. */
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
  readonly p99?: number;
  /** How much of its core the load generator needed: near 1 it is what limits the rate. */
  readonly generatorShare?: number;
  /** Why this sample says less: what the machine did besides. */
  readonly disturbed?: string;
}

/** What is shown of some samples. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many samples the three figures are of, and how many there are. */
  readonly used: number;
  readonly of: number;
}

/** With fewer undisturbed samples than this, the disturbed ones count too. */
export const ENOUGH = 3;

/** The samples that count: the undisturbed ones, if there are enough of them. */
export function counting(samples: readonly Sample[]): readonly Sample[] {
  const undisturbed = samples.filter(({ disturbed }) => disturbed === undefined);
  return undisturbed.length >= ENOUGH ? undisturbed : samples;
}

/** Of one figure of the samples that count; undefined where none has it. */
export function summarise(
  samples: readonly Sample[],
  figure: 'value' | 'rate' | 'p50' | 'p99' | 'generatorShare' = 'value',
): Summary | undefined {
  const figures = counting(samples)
    .map(sample => sample[figure])
    .filter(value => value !== undefined)
    .sort((a, b) => a - b);
  if (figures.length === 0) return undefined;
  const middle = (figures.length - 1) / 2;
  const median = (figures[Math.floor(middle)]! + figures[Math.ceil(middle)]!) / 2;
  return { median, min: figures[0]!, max: figures.at(-1)!, used: figures.length, of: samples.length };
}

/** How ws101 stands to its target: 1 or less is reached, where higher is better as where lower is. Undefined where one of both was not measured. */
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

/**
 * Results with the rows of `anew` in the place of those of the same scenarios.
 *
 * @throws {RangeError} where the two are of different machines or versions, which one table must not mix
 */
export function withRows(before: Results, anew: Results): Results {
  const origin = ({ machine, contenders }: Results) => JSON.stringify([{ ...machine, date: '' }, contenders]);
  if (origin(before) !== origin(anew)) {
    throw new RangeError(
      'the results that are there are of another machine, or of other versions: measure all rows anew, or use --out',
    );
  }
  const rows = new Map(anew.scenarios.map(row => [row.id, row]));
  return { ...before, machine: anew.machine, scenarios: before.scenarios.map(row => rows.get(row.id) ?? row) };
}
