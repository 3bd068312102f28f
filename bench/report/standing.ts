/** What is shown of a scenario: each contender's figure, and how ws101 stands to its target. */
import { counting, distanceToTarget, type ScenarioResult, type Summary, summarise } from '../results.js';
import { threeDigits } from './numbers.js';

/** The library that the others are compared with. */
export const OURS = 'ws101';

export interface Figure extends Summary {
  /** How many of its samples the machine disturbed. */
  readonly disturbed: number;
  /** Whether these count, since there are too few others. */
  readonly isDisturbed: boolean;
}

/** undefined where it was not measured. */
export function figureOf(scenario: ScenarioResult, contender: string): Figure | undefined {
  const samples = scenario.runs.find(run => run.contender === contender)?.samples ?? [];
  const summary = summarise(samples);
  if (summary === undefined) return undefined;
  const disturbed = samples.filter(sample => sample.disturbed !== undefined).length;
  return { ...summary, disturbed, isDisturbed: counting(samples).some(sample => sample.disturbed !== undefined) };
}

export interface Standing {
  readonly text: string;
  /** The value to be reached, in the scenario's unit. */
  readonly target: number;
  /** Ours as a share of it, or, where higher is better, it as a share of ours: 1 or less is reached. */
  readonly distance: number;
  readonly isReached: boolean;
}

/** undefined where the scenario has no target, or where one of both was not measured. */
export function standing(scenario: ScenarioResult): Standing | undefined {
  const distance = distanceToTarget(scenario);
  const ours = figureOf(scenario, OURS);
  if (scenario.target === undefined || ours === undefined || distance === undefined) return undefined;
  const target = scenario.better === 'lower' ? ours.median / distance : ours.median * distance;
  return { text: scenario.target.text, target, distance, isReached: distance <= 1 };
}

/** The target and, where it is told by another contender's figure, what that comes to: "≤ ws / 15 = 1.01 µs". */
export function goalText({ target, unit }: ScenarioResult, standing: Standing): string {
  return target?.against === 'fixed' ? standing.text : `${standing.text} = ${threeDigits(standing.target)} ${unit}`;
}
