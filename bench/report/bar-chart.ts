/** Draws a scenario as bars: one row per contender, the best at the top, ws101 highlighted, with its target. */
import type { Results, ScenarioResult } from '../results.js';
import { threeDigits } from './numbers.js';
import { type Figure, figureOf, goalText, OURS, standing } from './standing.js';
import { card, escapeXml, line, round, text, textWidth, WIDTH } from './svg.js';

const ROW = 27;
const TOP = 78;
const MARGIN = 20;

interface Bar {
  readonly id: string;
  readonly label: string;
  readonly figure: Figure;
}

export function barChart(results: Results, scenario: ScenarioResult): string {
  const bars = barsOf(results, scenario);
  const { unit, better, title } = scenario;
  const goal = standing(scenario);
  const left = MARGIN + Math.max(...bars.map(({ label }) => textWidth(label))) + 10;
  const valueWidth = Math.max(...bars.map(bar => textWidth(`${valueText(bar, unit)} ${spreadText(bar)}`)));
  const most = Math.max(goal?.target ?? 0, ...bars.map(({ figure }) => figure.max));
  const scale = (WIDTH - MARGIN - valueWidth - left) / most;
  const bottom = TOP + bars.length * ROW;
  const content = bars.flatMap((bar, i) => drawBar(bar, left, TOP + i * ROW, scale, unit));
  content.push(line(left, TOP - 6, left, bottom, 'axis'));
  if (goal !== undefined) {
    const x = left + goal.target * scale;
    // Drawn below the bars and their values.
    content.unshift(line(x, TOP - 6, x, bottom + 4, 'target'));
    const legend = `target of ws101: ${goalText(scenario, goal)}, ${goal.isReached ? 'reached' : 'not reached'}`;
    const half = textWidth(legend) / 2;
    const at = Math.min(Math.max(x, MARGIN + half), WIDTH - MARGIN - half);
    content.push(text(at, bottom + 18, legend, 'target-text small', 'middle'));
  }
  const subtitle = `${scenario.metric}, ${unit} · ${better} is better · median and range`;
  const description = `${subtitle}. ${bars.map(bar => `${bar.label}: ${valueText(bar, unit)}`).join('; ')}.`;
  return card({ height: bottom + (goal === undefined ? 16 : 34), title, subtitle, description }, content);
}

function barsOf(results: Results, scenario: ScenarioResult): Bar[] {
  const bars: Bar[] = [];
  for (const { id, label } of results.contenders) {
    const figure = figureOf(scenario, id);
    if (figure !== undefined) bars.push({ id, label, figure });
  }
  const sign = scenario.better === 'lower' ? 1 : -1;
  return bars.sort((a, b) => sign * (a.figure.median - b.figure.median));
}

function drawBar(bar: Bar, left: number, top: number, scale: number, unit: string): string[] {
  const { id, label, figure } = bar;
  const isOurs = id === OURS;
  const [end, low, high] = [figure.median, figure.min, figure.max].map(value => left + value * scale) as [
    number,
    number,
    number,
  ];
  const middle = top + ROW / 2 - 4;
  const baseline = middle + 4.5;
  const at = Math.max(end, high) + 8;
  const width = round(Math.max(1, end - left));
  return [
    text(left - 10, baseline, label, isOurs ? 'ours-text' : '', 'end'),
    `<rect class="${barClass(id)}" x="${round(left)}" y="${round(top)}" width="${width}" height="${ROW - 8}" rx="2"/>`,
    ...(high - low < 1 ? [] : [line(low, middle, high, middle, 'spread')]),
    valueAndSpread(at, baseline, bar, unit),
  ];
}

function valueAndSpread(x: number, y: number, bar: Bar, unit: string): string {
  const classes = bar.id === OURS ? 'value ours-text' : 'value strong';
  const spread = spreadText(bar);
  const more = spread === '' ? '' : ` <tspan class="muted small" dx="3">${escapeXml(spread)}</tspan>`;
  return `<text class="${classes}" x="${round(x)}" y="${round(y)}">${escapeXml(valueText(bar, unit))}${more}</text>`;
}

function barClass(id: string): string {
  if (id === OURS) return 'ours';
  // raw-net is a lower bound for every protocol, not a competitor.
  return id === 'raw-net' ? 'floor' : 'bar';
}

function valueText({ figure }: Bar, unit: string): string {
  return `${threeDigits(figure.median)} ${unit}`;
}

function spreadText({ figure }: Bar): string {
  const range = figure.used === 1 ? '' : `${threeDigits(figure.min)}–${threeDigits(figure.max)}`;
  return figure.isDisturbed ? `${range} (disturbed)` : range;
}
