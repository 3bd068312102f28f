import type { Random } from './random.js';

/** Something to fuzz: how inputs are made, and what must hold for each. */
export interface Target {
  readonly name: string;
  /** Generates an input by the grammar, mostly a legal one. */
  generate(random: Random): Uint8Array;
  /** Returns the input with a change in its structure. */
  mutate(input: Uint8Array, random: Random): Uint8Array;
  /**
   * Runs everything that reads the input. The result depends only on the bytes, so that a stored input fails again.
   *
   * @param patience a factor for time budgets: 1 in `npm run fuzz`, more for instrumented code
   * @returns the outcome in a few words. An input with a new outcome is mutated further
   * @throws BrokenOracle, or whatever the code under test throws
   */
  check(input: Uint8Array, patience: number): Promise<string>;
}

/** A rule that must hold for every input was broken. */
export class BrokenOracle extends Error {
  readonly oracle: string;

  constructor(oracle: string, detail: string) {
    super(`${oracle}: ${detail}`);
    this.oracle = oracle;
  }
}

/** Returns the rule that an error reports. Inputs that break the same rule count as one finding. */
export function oracleOf(error: unknown): string {
  if (error instanceof BrokenOracle) return error.oracle;
  return `threw ${error instanceof Error ? error.name : typeof error}`;
}
