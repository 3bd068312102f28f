/** What the command's exit code tells, as its help says it too. */
export const EXIT = {
  OK: 0,
  /** A connection that ended without the closing handshake, or never opened; a server that cannot listen. */
  FAILURE: 1,
  /** Wrong usage. */
  USAGE: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line is wrong. The message names the option. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
