/**
 * Draws a curve over the number of connections, of messages, or time. Each series is a line with its name and last
 * value.
 */
import type { Curve, Series, Tone } from '../scale/results.js';
import { grouped, threeDigits } from './numbers.js';
import { card, line, round, text, textWidth, WIDTH } from './svg.js';
import { linearTicks, logTicks } from './ticks.js';

const TOP = 78;
const PLOT = 210;
const BOTTOM = TOP + PLOT;
const LEFT = 66;
const MARGIN = 20;
const LINE = 17;

/** With more points than this, a line has no dots. */
const MAX_DOTS = 12;

type Point = readonly [x: number, y: number];

export function lineChart(curve: Curve): string {
  const { title, x, y, series } = curve;
  const points = series.flatMap(one => one.points);
  const yTicks = linearTicks(Math.max(...points.map(point => point[1])) * 1.05);
  const xs = points.map(([value]) => value);
  const xTicks = x.scale === 'log' ? logTicks(Math.min(...xs), Math.max(...xs)) : linearTicks(Math.max(...xs), 8);
  const names = series.map(one => `${one.label} ${threeDigits(one.points.at(-1)![1])} ${y.unit}`);
  const right = WIDTH - MARGIN - Math.max(...names.map(textWidth)) - 12;
  const along = x.scale === 'log' ? Math.log10 : (value: number) => value;
  const [first, last] = [along(xTicks[0]!), along(xTicks.at(-1)!)];
  const place = ([px, py]: Point): Point => [
    LEFT + ((along(px) - first) / (last - first)) * (right - LEFT),
    BOTTOM - (py / yTicks.at(-1)!) * PLOT,
  ];
  const content = [
    ...yTicks.flatMap(value => {
      const at = place([xTicks[0]!, value])[1];
      const label = text(LEFT - 8, at + 4, grouped(String(value)), 'muted small', 'end');
      return [line(LEFT, at, right, at, value === 0 ? 'axis' : 'grid'), label];
    }),
    ...xTicks.map(value => text(place([value, 0])[0], BOTTOM + 18, grouped(String(value)), 'muted small', 'middle')),
    text((LEFT + right) / 2, BOTTOM + 38, x.label, 'muted', 'middle'),
    ...series.flatMap(one => drawLine(one.tone, one.points.map(place))),
    // A single series has room for all its values.
    ...(series.length === 1 ? valuesAbove(series[0]!, place) : []),
    ...namesAt(
      right + 10,
      series.map((one, i) => ({ name: names[i]!, tone: one.tone, y: place(one.points.at(-1)!)[1] })),
    ),
  ];
  const subtitle = `${y.label}, ${y.unit}`;
  const ends = series.map(({ label, points }) => `${label}: ${valuesOf(points, y.unit)}`);
  const description = `${subtitle}, over ${x.label}. ${ends.join('; ')}.`;
  return card({ height: BOTTOM + 54, title, subtitle, description }, content);
}

function valuesOf(points: readonly Point[], unit: string): string {
  const [start, end] = [points[0]!, points.at(-1)!];
  return `${threeDigits(start[1])} ${unit} at ${grouped(String(start[0]))}, ${threeDigits(end[1])} ${unit} at ${grouped(String(end[0]))}`;
}

function drawLine(tone: Tone, points: readonly Point[]): string[] {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  const isDense = points.length > 10 * MAX_DOTS;
  const style = `${tone.endsWith('-dashed') ? ' dashed' : ''}${isDense ? ' thin' : ''}`;
  const dots = points.length > MAX_DOTS ? [] : points;
  return [
    `<polyline class="line line-${colour(tone)}${style}" points="${path}"/>`,
    ...dots.map(([x, y]) => `<circle class="dot-${colour(tone)}" cx="${round(x)}" cy="${round(y)}" r="3.5"/>`),
  ];
}

function colour(tone: Tone): string {
  return tone.replace('-dashed', '');
}

/** The values above the points. The last one is next to the name. */
function valuesAbove({ points }: Series, place: (point: Point) => Point): string[] {
  if (points.length > MAX_DOTS) return [];
  return points.slice(0, -1).map((point, i) => {
    const [x, y] = place(point);
    // Centred, the first value would overlap the numbers of the axis.
    return text(x, y - 10, threeDigits(point[1]), 'value small', i === 0 ? 'start' : 'middle');
  });
}

interface Name {
  readonly name: string;
  readonly tone: Tone;
  readonly y: number;
}

/** The names at the ends of the lines, moved apart if they would overlap. */
function namesAt(x: number, names: readonly Name[]): string[] {
  let lowest = Number.NEGATIVE_INFINITY;
  return names
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, tone, y }) => {
      lowest = Math.max(y, lowest + LINE);
      return text(x, lowest + 4, name, `name-${colour(tone)}`);
    });
}
