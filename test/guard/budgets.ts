/** The limit of a count, and its reason. */
export interface Budget {
  readonly budget: number;
  readonly unit: string;
  /** By how much a count may exceed the budget, as a fraction. Machines and versions of Node differ. */
  readonly tolerance: number;
  readonly why: string;
}

/** Budgets by the name of the count: `scene.count`. */
export type Budgets = Readonly<Record<string, Budget>>;

export type Verdict = 'kept' | 'better: lower the budget' | 'WORSE' | 'NOT COUNTED' | 'NO BUDGET';

export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  readonly count: number | undefined;
  readonly budget: number | undefined;
  readonly unit: string;
}

/** The smallest tolerance in bytes, unless the tolerance is 0. A fraction of a budget near zero would be too little. */
const MIN_LEEWAY = 1;

/** Compares each count with its budget. A count without a budget fails, and so does a budget without a count. */
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
  const leeway = tolerance === 0 ? 0 : Math.max(budget * tolerance, MIN_LEEWAY);
  // Written so that NaN counts as worse.
  if (!(count <= budget + leeway)) return 'WORSE';
  return count < budget - leeway ? 'better: lower the budget' : 'kept';
}

export function isFailure(verdict: Verdict): boolean {
  return verdict !== 'kept' && verdict !== 'better: lower the budget';
}

/** Replaces the budgets of the given counts. Other budgets stay as they are. */
export function renew(budgets: Budgets, counts: Readonly<Record<string, number>>): Budgets {
  const renewed: Record<string, Budget> = { ...budgets };
  for (const [name, entry] of Object.entries(budgets)) {
    const count = counts[name];
    if (count !== undefined) renewed[name] = { ...entry, budget: Number(count.toPrecision(4)) };
  }
  return renewed;
}
