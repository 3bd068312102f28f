/** What `npm run fuzz` once found, and a short run of each target with a fixed seed: see README.md. */
import { describe, expect, it } from 'vitest';
import { fuzz } from './engine.js';
import { minimised } from './minimise.js';
import { Random } from './random.js';
import { nameOf, readRegressions } from './regressions.js';
import { BrokenOracle, type Target } from './target.js';
import { TARGETS } from './targets.js';

/** Instrumented code on a busy machine: what is not linear takes longer still. */
const PATIENCE = 20;

const EXECUTIONS = 80;

describe('inputs that once broke something', () => {
  const regressions = readRegressions();

  it('bear the names that follow from them', () => {
    for (const { file, target, input } of regressions) expect(file).toBe(nameOf(target, input));
  });

  for (const { file, target, input } of regressions) {
    it(file, async () => {
      const reader = TARGETS.find(({ name }) => name === target);
      expect(reader, `a target of the name in ${file}`).toBeDefined();
      await reader!.check(input, PATIENCE);
    });
  }
});

describe('a short run', () => {
  it.each(TARGETS)('of $name', async target => {
    const report = await fuzz(target, { seed: 6455, seconds: 60, executions: EXECUTIONS, patience: PATIENCE });
    expect(report.finding?.message).toBeUndefined();
    expect(report.executions).toBe(EXECUTIONS);
    // Inputs that all end alike show nothing.
    expect(report.outcomes).toBeGreaterThan(20);
  });
});

describe('the fuzzer', () => {
  /** Breaks where an 0x42 stands anywhere behind an 0x41. */
  const broken: Target = {
    name: 'broken',
    generate: random => random.bytes(200),
    mutate: input => input,
    check: async input => {
      const at = input.indexOf(0x41);
      if (at !== -1 && input.includes(0x42, at)) throw new BrokenOracle('order', `at ${at}`);
      return '';
    },
  };

  it('finds what is broken, and gives the smallest input that shows it', async () => {
    const { finding, executions } = await fuzz(broken, { seed: 1, seconds: 10, patience: 1 });
    expect(finding).toMatchObject({ oracle: 'order', input: Uint8Array.of(0x41, 0x42) });
    expect(executions).toBeLessThan(100);
  });

  it('does the same again with the same seed', async () => {
    const first = await fuzz(broken, { seed: 2, seconds: 10, patience: 1 });
    expect(await fuzz(broken, { seed: 2, seconds: 10, patience: 1 })).toMatchObject({ executions: first.executions });
    expect(new Random(1).word()).toBe(new Random(1).word());
    expect(new Random(1).word()).not.toBe(new Random(2).word());
  });

  it('leaves an input as it is that nothing can be taken from', async () => {
    const input = Uint8Array.of(1, 2, 3);
    expect(await minimised(input, async candidate => Buffer.compare(candidate, input) === 0)).toEqual(input);
  });
});
