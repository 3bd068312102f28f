/** The generated blocks of README.md and docs/benchmarks/README.md, and their charts. */
import { majorOf, type Results } from '../results.js';
import type { Curve, ScaleResults } from '../scale/results.js';
import { barChart } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import { disturbances, markdownTable, origin, rateTable, resultTable, versions } from './markdown.js';
import { grouped, threeDigits } from './numbers.js';
import { sideBySideTable } from './side-by-side.js';

/** The charts in README.md. docs/benchmarks/ shows all. */
const README_CHARTS: readonly string[] = ['echo-16'];

/** Draws all charts. Returns them by file name. */
export function charts(results: Results | undefined, scale: ScaleResults | undefined): Map<string, string> {
  const files = new Map<string, string>();
  for (const scenario of results?.scenarios ?? []) {
    if (scenario.runs.length > 0) files.set(`${scenario.id}.svg`, barChart(results!, scenario));
  }
  for (const curve of scale?.curves ?? []) files.set(`${curve.id}.svg`, lineChart(curve));
  return files;
}

const LEGEND =
  'Medians, with the range of the rounds in parentheses. × is the distance of ws101 from its target: 1.00 or less is reached. In targets, ws means ws + bufferutil.';

export function readmeBlock(results: Results): string {
  const images = results.scenarios
    .filter(({ id, runs }) => README_CHARTS.includes(id) && runs.length > 0)
    .map(({ id, title }) => `![${title}](docs/benchmarks/${id}.svg)`);
  return [
    '## Speed',
    ...images,
    `Medians. Machine: ${origin(results)}. [All scenarios and contenders](docs/benchmarks/README.md), including those where ws101 is not the fastest.`,
  ].join('\n\n');
}

/** @param all the results for each version of Node, the newest last, which the charts show */
export function resultsBlock(all: readonly Results[]): string {
  const newest = all.at(-1)!;
  const images = newest.scenarios
    .filter(({ runs }) => runs.length > 0)
    .map(({ id, title }) => `![${title}](${id}.svg)`);
  const comparison = [
    `### ${all.map(results => `Node ${majorOf(results)}`).join(' and ')}`,
    'Medians. Below are the ranges, and the other contenders.',
    sideBySideTable(all),
  ];
  return [
    ...(all.length > 1 ? comparison : []),
    ...all.toReversed().flatMap(detailsOf),
    `### Charts, Node ${majorOf(newest)}`,
    ...images,
  ].join('\n\n');
}

function detailsOf(results: Results): string[] {
  const title = `Node ${majorOf(results)}`;
  const rates = rateTable(results);
  return [
    `### ${title}`,
    `Machine: ${origin(results)}.`,
    `Versions: ${versions(results.contenders)}.`,
    resultTable(results, results.contenders),
    `${LEGEND} A cell is empty if a contender does not take part in a scenario.`,
    disturbances(results),
    ...(rates === '' ? [] : [`### Throughput and latency, ${title}`, rates]),
  ];
}

export function scaleBlock({ machine, curves }: ScaleResults): string {
  const { cpu, cores, memoryGiB, kernel, node, date } = machine;
  const from = `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, Node ${node.replace(/^v/, '')}, ${date}.`;
  return [
    `Machine: ${from}`,
    ...curves.map(curve => [`![${curve.title}](${curve.id}.svg)`, curve.note, curveTable(curve)].join('\n\n')),
  ]
    .join('\n\n')
    .trimEnd();
}

/** With more points than this, there is only the chart. */
const MAX_ROWS = 12;

function curveTable({ x, y, series }: Curve): string {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([value]) => value)))].sort((a, b) => a - b);
  if (xs.length > MAX_ROWS) return '';
  const rows = xs.map(value => [
    grouped(String(value)),
    ...series.map(({ points }) => {
      const found = points.find(point => point[0] === value);
      return found === undefined ? '' : threeDigits(found[1]);
    }),
  ]);
  return markdownTable([x.label, ...series.map(({ label }) => `${label}, ${y.unit}`)], rows);
}
