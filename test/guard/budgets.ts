/** What a count may be, and why. */
export interface Budget {
  readonly budget: number;
  readonly unit: string;
  /** The share of the budget by which a count may exceed it, for what differs between machines and versions of node. */
  readonly tolerance: number;
  readonly why: string;
}

/** By the name of the count: `scene.count`. */
export type Budgets = Readonly<Record<string, Budget>>;

export type Verdict = 'kept' | 'better: lower the budget' | 'WORSE' | 'NOT COUNTED' | 'NO BUDGET';

export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  readonly count: number | undefined;
  readonly budget: number | undefined;
  readonly unit: string;
}

/** A byte, where there is any tolerance: of a budget of almost nothing, a share is nothing. */
const LEAST_LEEWAY = 1;

/** Holds each count against its budget. What is counted has a budget, and what has one is counted. */
export function judge(budgets: Budgets, counts: Readonly<Record<string, number>>): Judgement[] {
  const names = new Set([...Object.keys(budgets), ...Object.keys(counts)]);
  return Array.from(names, name => {
    const entry = budgets[name];
    const count = counts[name];
    return { name, verdict: verdictOf(entry, count), count, budget: entry?.budget, unit: entry?.unit ?? '' };
  });
}

function verdictOf(entry: Budget | undefined, count: number | undefined): Verdict {
  if (count === undefined) return 'NOT COUNTED';
  if (entry === undefined) return 'NO BUDGET';
  const { budget, tolerance } = entry;
  const leeway = tolerance === 0 ? 0 : Math.max(budget * tolerance, LEAST_LEEWAY);
  // A count that is no number keeps no budget.
  if (!(count <= budget + leeway)) return 'WORSE';
  return count < budget - leeway ? 'better: lower the budget' : 'kept';
}

export function isFailure(verdict: Verdict): boolean {
  return verdict !== 'kept' && verdict !== 'better: lower the budget';
}

/** The budgets with what was counted now; the others as they were. */
export function renew(budgets: Budgets, counts: Readonly<Record<string, number>>): Budgets {
  const renewed: Record<string, Budget> = { ...budgets };
  for (const [name, entry] of Object.entries(budgets)) {
    const count = counts[name];
    if (count !== undefined) renewed[name] = { ...entry, budget: Number(count.toPrecision(4)) };
  }
  return renewed;
}
