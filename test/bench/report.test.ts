import { describe, expect, test } from 'vitest';
import { withBlock } from '../../bench/report/block.js';
import { threeDigits } from '../../bench/report/numbers.js';
import { charts, readmeBlock, resultsBlock, scaleBlock } from '../../bench/report/pages.js';
import { figureOf, standing } from '../../bench/report/standing.js';
import { linearTicks, logTicks } from '../../bench/report/ticks.js';
import type { ScenarioResult } from '../../bench/results.js';
import { RESULTS, SCALE } from './sample-results.js';
import { elementsOf } from './xml.js';

function scenario(id: string): ScenarioResult {
  return RESULTS.scenarios.find(one => one.id === id)!;
}

describe('the distance of ws101 from its target', () => {
  test('is its median divided by the target, which depends on another contender', () => {
    // 0.95 divided by (15 + 15.2) / 2 / 15. The disturbed 31 does not count.
    expect(standing(scenario('echo-16'))).toMatchObject({ isReached: true, text: '≤ ws / 15' });
    expect(standing(scenario('echo-16'))!.target).toBeCloseTo(15.1 / 15);
    expect(standing(scenario('echo-1m'))).toMatchObject({ isReached: false });
    expect(standing(scenario('echo-1m'))!.target).toBeCloseTo(831 * 1.1);
  });

  test('is inverted if more is better', () => {
    const goal = standing(scenario('masking-64k'))!;
    expect(goal).toMatchObject({ isReached: true });
    expect(goal.target).toBeCloseTo(12.2);
    expect(goal.distance).toBeCloseTo(12.2 / 12.4);
  });

  test('may use a fixed target', () => {
    const goal = standing(scenario('idle-10k'))!;
    expect(goal.target).toBeCloseTo(5);
    expect(goal.isReached).toBe(true);
  });

  test('is unknown if the other contender was not measured', () => {
    expect(standing(scenario('deflate-1k'))).toBeUndefined();
  });
});

test('a disturbed sample counts only if there are fewer than three others', () => {
  expect(figureOf(scenario('echo-16'), 'ws')).toMatchObject({
    disturbed: 1,
    used: 4,
    of: 5,
    max: 16.1,
    isDisturbed: false,
  });
  const spoilt = {
    ...scenario('echo-16'),
    runs: [{ contender: 'ws', samples: [{ value: 1 }, { value: 2, disturbed: 'noise' }] }],
  };
  expect(figureOf(spoilt, 'ws')).toMatchObject({ median: 1.5, disturbed: 1, used: 2, isDisturbed: true });
  const block = resultsBlock([{ ...RESULTS, scenarios: [spoilt] }]);
  expect(block).toContain('1.50 (1.00–2.00) †');
  expect(block).toContain('1 of 2, counted (†)');
});

test('a reason with different numbers is listed once, with their range', () => {
  const samples = [
    { value: 1, disturbed: 'other programs took 30 % of a core' },
    { value: 2, disturbed: 'other programs took 12 % of a core, the clock stopped' },
    { value: 3, disturbed: 'the clock stopped' },
  ];
  const spoilt = { ...scenario('echo-16'), runs: [{ contender: 'ws', samples }] };
  const block = resultsBlock([{ ...RESULTS, scenarios: [spoilt] }]);
  expect(block).toContain('remain: other programs took 12–30 % of a core, the clock stopped\n');
});

describe('the Markdown', () => {
  test('lists every contender with its version, the machine, and the disturbed samples', () => {
    const block = resultsBlock([RESULTS]);
    for (const { label, version } of RESULTS.contenders) {
      expect(block).toContain(`| ${label} `);
      expect(block).toContain(`${label} ${version}`);
    }
    expect(block).toContain('Sample CPU & Sons, 2 cores, 8 GiB, Linux 6.1, Node 20.19.0');
    expect(block).toContain('ws + bufferutil: 1 of 5, left out: others took 30 % of the core');
  });

  test('marks each target as reached or not', () => {
    const lines = resultsBlock([RESULTS]).split('\n');
    const row = (title: string) => lines.find(line => line.startsWith(`| ${title}`));
    expect(row('Echo, 16 B')).toContain('| ≤ ws / 15 = 1.01 µs | ✓ reached (× 0.94) |');
    expect(row('Echo, 1 MiB')).toContain('✗ **not reached** (× 1.10)');
    expect(row('Idle')).toContain('| ≤ 5.0 KiB | ✓ reached (× 0.98) |');
    expect(row('Echo, 1 KiB of JSON')).toContain('| ≤ ws / 4 | not measured |');
  });

  test('compares versions of Node, if there are several', () => {
    const machine = { ...RESULTS.machine, node: '24.1.0' };
    const lines = resultsBlock([RESULTS, { ...RESULTS, machine }]).split('\n');
    expect(lines).toContain('### Node 20 and Node 24');
    const head = lines.find(line => line.startsWith('| scenario | ws101, 20 | ws101, 24 |'));
    expect(head).toContain('| target, 20 | target, 24 |');
    const row = lines.find(line => line.startsWith('| Echo, 16 B') && line.includes('**0.950**'));
    expect(row).toContain('| **0.950** | **0.950** |');
    expect(row).toContain('| ≤ ws / 15: ✓ × 0.94 | ≤ ws / 15: ✓ × 0.94 |');
    expect(resultsBlock([RESULTS])).not.toContain('target, 20');
  });

  test('shows a contender that the newest Node cannot run as the older one measured it', () => {
    const { runs } = scenario('echo-16');
    const rest = runs.filter(({ contender }) => contender !== 'uws');
    const newer = { ...RESULTS, scenarios: [{ ...scenario('echo-16'), runs: rest }] };
    const row = resultsBlock([RESULTS, newer])
      .split('\n')
      .find(line => line.startsWith('| Echo, 16 B'));
    expect(row).toContain('| 1.36 |');
  });

  test('has as many cells in every row of a table as in its head', () => {
    for (const page of [readmeBlock(RESULTS), resultsBlock([RESULTS, RESULTS]), scaleBlock(SCALE)]) {
      for (const table of page.split('\n\n').filter(part => part.startsWith('|'))) {
        const widths = new Set(table.split('\n').map(line => line.split('|').length));
        expect(widths.size).toBe(1);
      }
    }
  });

  test('of the README shows only charts that exist', () => {
    const shown = Array.from(readmeBlock(RESULTS).matchAll(/\(docs\/benchmarks\/(.+\.svg)\)/g), ([, file]) => file!);
    expect(shown.length).toBeGreaterThan(0);
    for (const file of shown) expect(charts(RESULTS, SCALE).has(file)).toBe(true);
  });

  test('is the same for the same results, like the charts', () => {
    const copy = structuredClone(RESULTS);
    expect(readmeBlock(copy)).toBe(readmeBlock(RESULTS));
    expect(resultsBlock([copy])).toBe(resultsBlock([RESULTS]));
    expect([...charts(copy, structuredClone(SCALE))]).toEqual([...charts(RESULTS, SCALE)]);
  });
});

describe.each([...charts(RESULTS, SCALE)])('%s', (file, svg) => {
  test('is well-formed, and has a title and a description', () => {
    const elements = elementsOf(svg);
    expect(elements.slice(0, 4)).toEqual(['svg', 'title', 'desc', 'style']);
    expect(svg).toContain('role="img"');
  });

  test('has a light and a dark colour for every class', () => {
    const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme: dark)');
    for (const name of ['card', 'ours', 'bar', 'line-ours', 'line-other', 'line-floor', 'name-ours']) {
      expect(light).toContain(`.${name} {`);
      expect(dark).toContain(`.${name} {`);
    }
  });

  test('keeps every text within its width', () => {
    for (const [, attributes = '', content = ''] of svg.matchAll(/<text([^>]*)>(.*?)<\/text>/g)) {
      const x = Number(/ x="([\d.-]+)"/.exec(attributes)![1]);
      const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start';
      // A typical sans-serif font of 13 px takes about 6.5 px per character.
      const width = content.replaceAll(/<[^>]*>/g, '').replaceAll(/&\w+;/g, '&').length * 6.5;
      const left = x - { start: 0, middle: width / 2, end: width }[anchor]!;
      expect(left, content).toBeGreaterThanOrEqual(0);
      expect(left + width, content).toBeLessThanOrEqual(720);
    }
    expect(file).toMatch(/^[a-z0-9-]+\.svg$/);
  });
});

test('a bar chart has a bar, a name and a value for each measured contender, and no others', () => {
  const svg = charts(RESULTS, undefined).get('echo-16.svg')!;
  expect(svg.match(/<rect class="(ours|bar|floor)"/g)).toHaveLength(9);
  expect(svg).toContain('websocket &lt;native&gt;');
  expect(svg).toContain('>0.950 µs ');
  expect(svg).not.toContain('undici');
  expect(svg).toContain('target of ws101: ≤ ws / 15 = 1.01 µs, reached');
});

describe('a block of a page', () => {
  const page = 'before\n<!-- figures -->\nold\n<!-- /figures -->\nbehind\n';

  test('is replaced, and nothing else changes', () => {
    const written = withBlock(page, 'figures', 'new');
    expect(written).toBe('before\n<!-- figures -->\nnew\n<!-- /figures -->\nbehind\n');
    expect(withBlock(written, 'figures', 'new')).toBe(written);
  });

  test.each([
    ['no comment', 'before\n'],
    ['no end', 'before\n<!-- figures -->\n'],
    ['two of them', page + page],
  ])('is an error if the page has %s', (_, broken) => {
    expect(() => withBlock(broken, 'figures', 'new')).toThrow('<!-- figures -->');
  });
});

test('figures have three digits', () => {
  const shown = [0, 0.6123, 0.99961, 9.999, 15.2, 831.4, 24_300, 1_048_576].map(threeDigits);
  expect(shown).toEqual(['0', '0.612', '1.00', '10.0', '15.2', '831', '24,300', '1,050,000']);
});

test('ticks are round, and cover all values', () => {
  expect(linearTicks(17.2)).toEqual([0, 5, 10, 15, 20]);
  expect(linearTicks(0.61)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  expect(linearTicks(0)).toEqual([0, 1]);
  expect(logTicks(100, 10_000)).toEqual([100, 1_000, 10_000]);
  expect(logTicks(1, 1_000_000)).toHaveLength(7);
  expect(logTicks(150, 150)).toEqual([100, 1_000]);
});

describe('the XML check', () => {
  test.each(['<a><b></a></b>', '<a x="1" x="2"/>', '<a>1 & 2</a>', '<a>', '<a/><b/>', '<a x=1/>', '<a>1 < 2</a>'])(
    'refuses %s',
    document => {
      expect(() => elementsOf(document)).toThrow();
    },
  );
});
