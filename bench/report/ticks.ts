/** Returns round values from 0 to the first one that is at least `most`: 0, 5, 10, 15. */
export function linearTicks(most: number, atMost = 6): number[] {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / atMost));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => Math.ceil(most / size) <= atMost)!;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Returns the powers of ten from `least` to `most`, both rounded outwards. */
export function logTicks(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const last = Math.max(first + 1, Math.ceil(Math.log10(most)));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}
