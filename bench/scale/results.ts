/** What `npm run bench:scale` finds: curves, each with what it is measured over. */
import type { Machine } from '../results.js';

export interface ScaleResults {
  readonly machine: Machine;
  readonly curves: readonly Curve[];
}

export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly x: { readonly label: string; readonly scale: 'linear' | 'log' };
  readonly y: { readonly label: string; readonly unit: string };
  /** What else is to be said of it. */
  readonly note: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  readonly tone: Tone;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

/** How its line is drawn. What is dashed is another figure of the same contender. */
export type Tone = 'ours' | 'ours-dashed' | 'other' | 'other-dashed' | 'floor';
