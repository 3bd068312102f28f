/** Prints the results: a table for each scenario, the best contender first. */
import { table } from './measure.js';
import { distanceToTarget, type Figure, type Run, type ScenarioResult, summarise } from './results.js';

/** The contenders that all others are compared with. */
const YARDSTICKS = ['raw-net', 'ws', 'uws', 'bun'];

export function scenarioTable(result: ScenarioResult): string {
  const { title, metric, unit, better, target } = result;
  const value = ({ samples }: Run) => summarise(samples)!.median;
  const runs = result.runs.toSorted((a, b) => (value(a) - value(b)) * (better === 'lower' ? 1 : -1));
  const yardsticks = YARDSTICKS.flatMap(id => runs.filter(({ contender }) => contender === id));
  const rows = runs.map(run => {
    const { contender, samples } = run;
    const figure = (name: Figure, scale = 1) => {
      const summary = summarise(samples, name);
      return summary === undefined ? '' : (summary.median * scale).toFixed(0);
    };
    const { median, min, max, used, of } = summarise(samples)!;
    const disturbed = samples.filter(sample => sample.disturbed !== undefined).length;
    return [
      contender,
      digits(median),
      `${digits(min)}-${digits(max)}`,
      ...yardsticks.map(yardstick => (value(run) / value(yardstick)).toFixed(2)),
      figure('rate'),
      figure('p50'),
      figure('p90'),
      figure('p99'),
      figure('p999'),
      figure('generatorShare', 100),
      `${used} of ${of}`,
      String(disturbed),
    ];
  });
  const ratios = yardsticks.map(({ contender }) => `/ ${contender}`);
  const rest = ['per second', 'p50, µs', 'p90', 'p99', 'p99.9', 'generator, %', 'samples', 'disturbed'];
  const head = ['', unit, 'spread', ...ratios, ...rest];
  // Memory and masking have no rates and latencies.
  const columns = head.map((_, i) => i).filter(i => rows.some(row => row[i] !== ''));
  const only = (cells: readonly string[]) => columns.map(i => cells[i]!);
  const distance = distanceToTarget(result);
  const verdict =
    target === undefined || distance === undefined
      ? ''
      : `\ntarget of ws101: ${target.text}, ${distance <= 1 ? 'reached' : 'missed'} (${distance.toFixed(2)} of it)`;
  return `${title}: ${metric}, ${unit}\n\n${table(only(head), rows.map(only))}${verdict}`;
}

/** Formats a value with three significant digits. */
function digits(value: number): string {
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01)))));
}
