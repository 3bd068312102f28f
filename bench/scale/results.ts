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
  readonly series: ReadonlyArray<{ readonly label: string; readonly points: ReadonlyArray<readonly [number, number]> }>;
}
