import { minimised } from './minimise.js';
import { Random } from './random.js';
import { oracleOf, type Target } from './target.js';

export interface FuzzOptions {
  readonly seed: number;
  /** When to stop, whichever comes first. */
  readonly seconds: number;
  readonly executions?: number;
  /** See Target.check(). */
  readonly patience: number;
}

export interface Finding {
  /** What was broken; see oracleOf(). */
  readonly oracle: string;
  readonly message: string;
  /** The input made as small as it goes. */
  readonly input: Uint8Array;
}

export interface Report {
  readonly executions: number;
  readonly seconds: number;
  /** How many outcomes of different kinds were seen. */
  readonly outcomes: number;
  /** The first input that broke something, or undefined. */
  readonly finding: Finding | undefined;
}

/** New inputs by the grammar, once in so many turns; else one is changed that brought something new. */
const FRESH = 3;

/** Longer inputs take long to run: they are not changed further, but made anew. */
const LONGEST_KEPT = 2_048;

/** The most changes of one input at once. */
const MOST_CHANGES = 5;

/** Runs inputs until time is up or one of them breaks an oracle. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Report> {
  const { seed, seconds, executions = Number.POSITIVE_INFINITY, patience } = options;
  const random = new Random(seed);
  const outcomes = new Set<string>();
  const corpus: Uint8Array[] = [];
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  let count = 0;
  for (; count < executions && elapsed() < seconds; count++) {
    const input = nextInput(target, corpus, random);
    try {
      const outcome = await target.check(input, patience);
      if (outcomes.has(outcome)) continue;
      outcomes.add(outcome);
      if (input.length <= LONGEST_KEPT) corpus.push(input);
    } catch (error) {
      const found = elapsed();
      const finding = await describe(target, input, error, patience);
      return { executions: count + 1, seconds: found, outcomes: outcomes.size, finding };
    }
  }
  return { executions: count, seconds: elapsed(), outcomes: outcomes.size, finding: undefined };
}

function nextInput(target: Target, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const isFresh = corpus.length === 0 || random.oneIn(FRESH);
  let input = isFresh ? target.generate(random) : random.pick(corpus);
  const changes = isFresh ? random.few(2) : 1 + random.few(MOST_CHANGES);
  for (let i = 0; i < changes; i++) input = target.mutate(input, random);
  return input;
}

async function describe(target: Target, input: Uint8Array, error: unknown, patience: number): Promise<Finding> {
  const oracle = oracleOf(error);
  const smallest = await minimised(
    input,
    async candidate => (await failureOf(target, candidate, patience))?.oracle === oracle,
  );
  return (await failureOf(target, smallest, patience)) ?? { oracle, message: String(error), input };
}

async function failureOf(target: Target, input: Uint8Array, patience: number): Promise<Finding | undefined> {
  try {
    await target.check(input, patience);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { oracle: oracleOf(error), message, input };
  }
}
