/** Formats results as Markdown tables. */
import { type Results, type ScenarioResult, summarise } from '../results.js';
import { threeDigits } from './numbers.js';
import { figureOf, goalText, OURS, standing } from './standing.js';

type Contenders = Results['contenders'];

/** A table with the medians of these contenders in each scenario, and how far ws101 is from its target. */
export function resultTable(results: Results, shown: Contenders): string {
  const head = ['scenario', 'unit', ...shown.map(({ label }) => label), 'target of ws101', ''];
  const rows = results.scenarios.map(scenario => [
    `${scenario.title}: ${scenario.metric}`,
    `${scenario.unit}${scenario.better === 'higher' ? ' (more is better)' : ''}`,
    ...shown.map(({ id }) => cell(scenario, id)),
    ...targetCells(scenario),
  ]);
  return markdownTable(head, rows);
}

function cell(scenario: ScenarioResult, contender: string): string {
  const figure = figureOf(scenario, contender);
  if (figure === undefined) return '';
  const value = threeDigits(figure.median);
  const shown = contender === OURS ? `**${value}**` : value;
  const spread = figure.used === 1 ? '' : ` (${threeDigits(figure.min)}–${threeDigits(figure.max)})`;
  return `${shown}${spread}${figure.isDisturbed ? ' †' : ''}`;
}

function targetCells(scenario: ScenarioResult): [string, string] {
  const goal = standing(scenario);
  if (goal === undefined) return [scenario.target?.text ?? '', scenario.target === undefined ? '' : 'not measured'];
  const verdict = goal.isReached ? '✓ reached' : '✗ **not reached**';
  return [goalText(scenario, goal), `${verdict} (× ${goal.distance.toFixed(2)})`];
}

/** The columns of rateTable(). */
const RATES = [
  ['rate', 'per second'],
  ['p50', 'p50, µs'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const;

/** A table with messages per second and latencies, from the same samples. */
export function rateTable(results: Results): string {
  const rows = results.scenarios.flatMap(scenario =>
    results.contenders.flatMap(({ id, label }) => {
      const samples = scenario.runs.find(run => run.contender === id)?.samples ?? [];
      const medians = RATES.map(([figure]) => summarise(samples, figure)?.median);
      if (medians.every(median => median === undefined)) return [];
      const share = summarise(samples, 'generatorShare')?.median;
      const figures = medians.map(median => (median === undefined ? '' : threeDigits(median)));
      return [[scenario.title, label, ...figures, share === undefined ? '' : `${Math.round(share * 100)} %`]];
    }),
  );
  if (rows.length === 0) return '';
  return markdownTable(['scenario', 'contender', ...RATES.map(([, head]) => head), 'core of the generator'], rows);
}

/** Lists the samples that were disturbed. */
export function disturbances(results: Results): string {
  const lines = results.scenarios.flatMap(scenario =>
    results.contenders.flatMap(({ id, label }) => {
      const figure = figureOf(scenario, id);
      if (figure === undefined || figure.disturbed === 0) return [];
      const run = scenario.runs.find(({ contender }) => contender === id)!;
      const reasons = reasonsOf(run.samples.flatMap(({ disturbed }) => disturbed ?? []));
      const use = figure.isDisturbed ? 'counted (†), because fewer than three others remain' : 'left out';
      return [`- ${scenario.title}, ${label}: ${figure.disturbed} of ${figure.of}, ${use}: ${reasons}`];
    }),
  );
  return lines.length === 0
    ? 'No sample was disturbed by the machine.'
    : `Samples that the machine disturbed:\n\n${lines.join('\n')}`;
}

/** Merges reasons that differ only in numbers: "other programs took 29–101 % of a core". */
function reasonsOf(disturbances: readonly string[]): string {
  const numbers = new Map<string, number[]>();
  for (const reason of disturbances.flatMap(one => one.split(', '))) {
    const sentence = reason.replace(/\d+/, '#');
    const number = /\d+/.exec(reason)?.[0];
    numbers.set(sentence, [...(numbers.get(sentence) ?? []), ...(number === undefined ? [] : [Number(number)])]);
  }
  return Array.from(numbers, ([sentence, all]) => {
    const [least, most] = [Math.min(...all), Math.max(...all)];
    return sentence.replace('#', least === most ? String(least) : `${least}–${most}`);
  }).join(', ');
}

/** Describes where the figures come from. */
export function origin(results: Results): string {
  const { cpu, cores, memoryGiB, kernel, node, date, pinned } = results.machine;
  const pinning = pinned ? 'server and load generator on cores of their own' : 'processes not pinned to cores';
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, Node ${node.replace(/^v/, '')}; ${pinning}; ${results.rounds} interleaved rounds (${results.mode}), ${date}`;
}

export function versions(contenders: Contenders): string {
  return contenders.map(({ label, version }) => `${label} ${version}`).join(', ');
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return lines.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
