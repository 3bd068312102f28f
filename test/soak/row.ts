/** A fault, and the limit of its effect. */
export interface Row {
  /** The name on the command line. */
  readonly name: string;
  /** The fault, for the report. */
  readonly fault: string;
  /** The limit, for the report. */
  readonly limit: string;
  /** How many descriptors the process and its peers may each open. By default, the limit is not changed. */
  readonly descriptors?: number;
  /** Whether a time is measured, which other programs may spoil. Then the best of three runs counts. */
  readonly isTiming?: boolean;
  /** More flags of Node for the process and its peers. */
  readonly flags?: readonly string[];
  /** @param scale a factor for the counts, 1 for a report */
  run(scale: number): Promise<Outcome>;
}

export interface Outcome {
  /** What was measured. */
  readonly figure: string;
  readonly passed: boolean;
}

/** Returns `count` multiplied by `scale`, and at least `least`. */
export function scaled(count: number, scale: number, least = 1): number {
  return Math.max(least, Math.round(count * scale));
}

export function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

export function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
