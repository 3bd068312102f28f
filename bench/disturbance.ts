/** Decides whether other activity on the machine disturbed a sample. */
import type { Report } from './load/generator.js';

/** Returns what disturbed a sample, or undefined. */
export function disturbance({
  seconds,
  cpu,
  generatorCpu,
  othersCpu,
  stolen,
  generatorWaited,
  errors,
}: Report): string | undefined {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  const reasons = [
    [errors > 0, `${errors} errors`],
    [stolen / seconds > 0.02, `the host took ${percent(stolen / seconds)} of a core`],
    [othersCpu / seconds > 0.1, `other programs took ${percent(othersCpu / seconds)} of a core`],
    [
      generatorWaited / seconds > 0.05,
      `the generator waited for a core for ${percent(generatorWaited / seconds)} of the time`,
    ],
    [
      generatorCpu / seconds > 0.95 && cpu / seconds < 0.95,
      `the generator was the bottleneck, at ${percent(generatorCpu / seconds)}`,
    ],
  ] as const;
  return (
    reasons
      .filter(([is]) => is)
      .map(([, reason]) => reason)
      .join(', ') || undefined
  );
}
