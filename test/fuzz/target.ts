import type { Random } from './random.js';

/** What is fuzzed: how inputs come about, and what must hold for each. */
export interface Target {
  readonly name: string;
  /** An input by the grammar: mostly legal. */
  generate(random: Random): Uint8Array;
  /** An input like this one, with something changed in its structure. */
  mutate(input: Uint8Array, random: Random): Uint8Array;
  /**
   * Runs one input through everything that reads it. All follows from the bytes, so that an input kept as hex fails again.
   *
   * @param patience by how much the budgets of time are stretched: 1 in `npm run fuzz`, more where code is instrumented
   * @returns what came of it in few words: an input whose outcome is new is worth changing further
   * @throws BrokenOracle, or whatever the code under test throws
   */
  check(input: Uint8Array, patience: number): Promise<string>;
}

/** Something that must hold for every input does not hold for this one. */
export class BrokenOracle extends Error {
  readonly oracle: string;

  constructor(oracle: string, detail: string) {
    super(`${oracle}: ${detail}`);
    this.oracle = oracle;
  }
}

/** Which oracle an error speaks of: inputs that break the same one count as the same finding. */
export function oracleOf(error: unknown): string {
  if (error instanceof BrokenOracle) return error.oracle;
  return `threw ${error instanceof Error ? error.name : typeof error}`;
}
