import { define, h, svg } from '../dom.js';

const WIDTH = 240;
const HEIGHT = 44;

/** A small chart of one value over time: an area with its latest and its greatest value in words. */
export class SparkChart extends HTMLElement {
  readonly #title = h('span', { className: 'chart-title' });
  readonly #value = h('strong', { className: 'chart-value' });
  readonly #area = svg('path', { class: 'area' });
  readonly #line = svg('path', { class: 'line' });
  readonly #picture = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
    this.#area,
    this.#line,
  );

  connectedCallback(): void {
    if (this.childElementCount > 0) return;
    this.append(h('div', { className: 'chart-head' }, this.#title, this.#value), this.#picture);
  }

  /**
   * @param values oldest first; undefined where there is none
   * @param value the latest in words
   */
  show(title: string, values: readonly (number | undefined)[], value: string): void {
    this.#title.textContent = title;
    this.#value.textContent = value;
    const max = Math.max(1e-9, ...values.map(number => number ?? 0));
    const points = values.flatMap((number, i) =>
      number === undefined
        ? []
        : [[(i / Math.max(1, values.length - 1)) * WIDTH, HEIGHT - 2 - (number / max) * (HEIGHT - 6)]],
    );
    // A single point is drawn as a line without length: a dot.
    const drawn = points.length === 1 ? [...points, ...points] : points;
    const path = drawn.map(([x, y]) => `${x!.toFixed(1)} ${y!.toFixed(1)}`).join('L');
    const [first, last] = [points[0], points.at(-1)];
    this.#line.setAttribute('d', path === '' ? '' : `M${path}`);
    this.#area.setAttribute(
      'd',
      path === '' ? '' : `M${first![0]!.toFixed(1)} ${HEIGHT}L${path}L${last![0]!.toFixed(1)} ${HEIGHT}Z`,
    );
  }
}

define('ws-spark-chart', SparkChart);
