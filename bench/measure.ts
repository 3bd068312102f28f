/** Something to measure: `run(times)` does it that many times. */
export interface Subject {
  readonly name: string;
  readonly run: (times: number) => void;
}

/** The result, in nanoseconds per run. */
export interface Measurement {
  readonly name: string;
  readonly median: number;
  /** Half the interquartile range, as a fraction of the median. */
  readonly spread: number;
}

const ROUND_MS = 25;

/**
 * Measures all subjects in turn, round after round, so that a disturbance of the machine affects all of them. The first
 * rounds warm up the compiler, and determine how often each subject runs per round.
 */
export function measure(subjects: readonly Subject[], rounds = 15): Measurement[] {
  const times = subjects.map(subject => calibrate(subject));
  const samples: number[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) samples[i]!.push(time(subject, times[i]!));
  }
  return subjects.map(({ name }, i) => ({ name, ...summarise(samples[i]!) }));
}

function calibrate(subject: Subject): number {
  let times = 1;
  for (let warmUp = 0; warmUp < 4; ) {
    const perRun = time(subject, times);
    if (perRun * times >= ROUND_MS * 0.5e6) warmUp++;
    times = Math.max(times, Math.min(times * 4, Math.ceil((ROUND_MS * 1e6) / perRun)));
  }
  return times;
}

function time(subject: Subject, times: number): number {
  const begin = process.hrtime.bigint();
  subject.run(times);
  return Number(process.hrtime.bigint() - begin) / times;
}

function summarise(samples: readonly number[]): { median: number; spread: number } {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / 2 / at(0.5) };
}

/** Formats a Markdown table, with its columns padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Describes the runtime. Figures have no meaning without it. */
export function machine(): string {
  return `Node ${process.version} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}`;
}
