/** The figures of each contender in a scenario, and the distance of ws101 from its target. */
import { counting, distanceToTarget, type ScenarioResult, type Summary, summarise } from '../results.js';
import { threeDigits } from './numbers.js';

/** The contender that the others are compared with. */
export const OURS = 'ws101';

export interface Figure extends Summary {
  /** How many samples were disturbed. */
  readonly disturbed: number;
  /** Whether disturbed samples count, because there are too few others. */
  readonly isDisturbed: boolean;
}

/** Returns undefined if the contender was not measured. */
export function figureOf(scenario: ScenarioResult, contender: string): Figure | undefined {
  const samples = scenario.runs.find(run => run.contender === contender)?.samples ?? [];
  const summary = summarise(samples);
  if (summary === undefined) return undefined;
  const disturbed = samples.filter(sample => sample.disturbed !== undefined).length;
  return { ...summary, disturbed, isDisturbed: counting(samples).some(sample => sample.disturbed !== undefined) };
}

export interface Standing {
  readonly text: string;
  /** The target value, in the scenario's unit. */
  readonly target: number;
  /** Our value divided by the target, or the reverse if higher is better. 1 or less is reached. */
  readonly distance: number;
  readonly isReached: boolean;
}

/** Returns undefined if the scenario has no target, or one of the two values was not measured. */
export function standing(scenario: ScenarioResult): Standing | undefined {
  const distance = distanceToTarget(scenario);
  const ours = figureOf(scenario, OURS);
  if (scenario.target === undefined || ours === undefined || distance === undefined) return undefined;
  const target = scenario.better === 'lower' ? ours.median / distance : ours.median * distance;
  return { text: scenario.target.text, target, distance, isReached: distance <= 1 };
}

/** Describes the target and, if it refers to another contender, its value: "≤ ws / 15 = 1.01 µs". */
export function goalText({ target, unit }: ScenarioResult, standing: Standing): string {
  return target?.against === 'fixed' ? standing.text : `${standing.text} = ${threeDigits(standing.target)} ${unit}`;
}
