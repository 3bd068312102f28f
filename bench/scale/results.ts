/** The results of `npm run bench:scale`: curves. */
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
  /** How it was measured. */
  readonly note: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly label: string;
  readonly tone: Tone;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

/** How the line is drawn. A dashed line is another figure of the same contender. */
export type Tone = 'ours' | 'ours-dashed' | 'other' | 'other-dashed' | 'floor';
