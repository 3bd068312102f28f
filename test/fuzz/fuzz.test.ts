/** Runs every input that once broke a rule, and each fuzz target for a short time with a fixed seed. See README.md. */
import { describe, expect, test } from 'vitest';
import { fuzz } from './engine.js';
import { minimised } from './minimise.js';
import { Random } from './random.js';
import { nameOf, readRegressions } from './regressions.js';
import { BrokenOracle, type Target } from './target.js';
import { TARGETS } from './targets.js';

/** Instrumented code on a busy machine is slow. Code that is not linear still exceeds this. */
const PATIENCE = 20;

const EXECUTIONS = 80;

describe('inputs that once broke a rule', () => {
  const regressions = readRegressions();

  test('have file names that match their content', () => {
    for (const { file, target, input } of regressions) expect(file).toBe(nameOf(target, input));
  });

  for (const { file, target, input } of regressions) {
    test(file, async () => {
      const reader = TARGETS.find(({ name }) => name === target);
      expect(reader, `the target named in ${file}`).toBeDefined();
      await reader!.check(input, PATIENCE);
    });
  }
});

describe('a short run finds no broken rule', () => {
  test.each(TARGETS)('in $name', async target => {
    const report = await fuzz(target, { seed: 6455, seconds: 60, executions: EXECUTIONS, patience: PATIENCE });
    expect(report.finding?.message).toBeUndefined();
    expect(report.executions).toBe(EXECUTIONS);
    // If all inputs had the same outcome, the run would show nothing.
    expect(report.outcomes).toBeGreaterThan(20);
  });
});

describe('the fuzzer', () => {
  /** Breaks if there is a 0x42 anywhere after a 0x41. */
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

  test('finds a broken rule, and returns the smallest input that breaks it', async () => {
    const { finding, executions } = await fuzz(broken, { seed: 1, seconds: 10, patience: 1 });
    expect(finding).toMatchObject({ oracle: 'order', input: Uint8Array.of(0x41, 0x42) });
    expect(executions).toBeLessThan(100);
  });

  test('repeats a run with the same seed', async () => {
    const first = await fuzz(broken, { seed: 2, seconds: 10, patience: 1 });
    expect(await fuzz(broken, { seed: 2, seconds: 10, patience: 1 })).toMatchObject({ executions: first.executions });
    expect(new Random(1).word()).toBe(new Random(1).word());
    expect(new Random(1).word()).not.toBe(new Random(2).word());
  });

  test('does not change an input that cannot be made smaller', async () => {
    const input = Uint8Array.of(1, 2, 3);
    expect(await minimised(input, async candidate => Buffer.compare(candidate, input) === 0)).toEqual(input);
  });
});
