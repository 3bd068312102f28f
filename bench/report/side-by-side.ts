/** The same scenarios on several versions of Node, next to each other. */
import { majorOf, type Results } from '../results.js';
import { markdownTable } from './markdown.js';
import { threeDigits } from './numbers.js';
import { figureOf, OURS, standing } from './standing.js';

/** The contenders that are compared. Those that run in Node have a column for each version of it. */
const IN_NODE = [OURS, 'ws', 'raw-net'];
const OTHERS = ['uws', 'bun'];

/** Returns the newest results of a contender: uWebSockets.js has no binary for every version of Node. */
function newestWith(all: readonly Results[], contender: string): Results {
  const isMeasured = ({ scenarios }: Results) => scenarios.some(row => figureOf(row, contender) !== undefined);
  return all.findLast(isMeasured) ?? all.at(-1)!;
}

/** A row for each scenario: the medians on each Node, and whether ws101 reaches its target there. */
export function sideBySideTable(all: readonly Results[]): string {
  const labelOf = (id: string) => all.flatMap(({ contenders }) => contenders).find(one => one.id === id)?.label ?? id;
  const columns = [
    ...IN_NODE.flatMap(id => all.map(results => ({ id, results, head: `${labelOf(id)}, ${majorOf(results)}` }))),
    ...OTHERS.map(id => ({ id, results: newestWith(all, id), head: labelOf(id) })),
  ];
  const scenarios = new Map(all.flatMap(({ scenarios }) => scenarios.map(scenario => [scenario.id, scenario])));
  const rows = Array.from(scenarios.values(), ({ id: scenario, title, metric, unit }) => {
    const rowOf = (results: Results) => results.scenarios.find(({ id }) => id === scenario);
    const value = (results: Results, id: string) => {
      const row = rowOf(results);
      const figure = row && figureOf(row, id);
      if (figure === undefined) return '';
      return id === OURS ? `**${threeDigits(figure.median)}**` : threeDigits(figure.median);
    };
    const distances = all.map(results => {
      const row = rowOf(results);
      const goal = row && standing(row);
      return goal === undefined ? '' : `${goal.text}: ${goal.isReached ? '✓' : '✗'} × ${goal.distance.toFixed(2)}`;
    });
    return [`${title}: ${metric}, ${unit}`, ...columns.map(({ id, results }) => value(results, id)), ...distances];
  });
  const targets = all.map(results => `target, ${majorOf(results)}`);
  return markdownTable(['scenario', ...columns.map(({ head }) => head), ...targets], rows);
}
