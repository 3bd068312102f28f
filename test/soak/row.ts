/** One fault of a running connection, and how far it may go. */
export interface Row {
  /** What a single row is run by. */
  readonly name: string;
  /** What is done to the library, for the report. */
  readonly fault: string;
  /** The figure to reach, for the report. */
  readonly limit: string;
  /** Descriptors that the process and its peers may open each; as many as they have if left out. */
  readonly descriptors?: number;
  /** Whether the figure is a time, which other programs on this machine may spoil: then the best of three runs counts. */
  readonly isTiming?: boolean;
  /** More flags for node, for this process and its peers. */
  readonly flags?: readonly string[];
  /** @param scale multiplies the counts: 1 for the figures of the report */
  run(scale: number): Promise<Outcome>;
}

export interface Outcome {
  /** What was measured, beside the limit. */
  readonly figure: string;
  readonly passed: boolean;
}

/** `count` as this run has it, and never fewer than `least`. */
export function scaled(count: number, scale: number, least = 1): number {
  return Math.max(least, Math.round(count * scale));
}

export function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

export function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
