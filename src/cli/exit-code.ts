import { CLOSE_CODE, type CloseInfo } from '../index.js';

/** The exit codes of the command, as its help states them. */
export const EXIT = {
  OK: 0,
  /** A connection that never opened or did not close cleanly; a server that could not listen. */
  FAILURE: 1,
  /** The command line is wrong. */
  USAGE: 2,
  /** The connection closed cleanly, but the server's close code reports an error. */
  CLOSED_WITH_ERROR: 3,
  /** The doctor found no problem, but something to improve. */
  WARNINGS: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Close codes with which a server reports no error. */
const NORMAL_CODES: ReadonlySet<number> = new Set([
  CLOSE_CODE.NORMAL_CLOSURE,
  CLOSE_CODE.GOING_AWAY,
  CLOSE_CODE.NO_STATUS_RECEIVED,
]);

/**
 * Returns the exit code for a connection that has ended. A code that the user chose and the server only returned is not
 * an error.
 */
export function exitCodeOf({ wasClean, code, sent, initiator }: CloseInfo): ExitCode {
  if (!wasClean) return EXIT.FAILURE;
  const isReturned = initiator === 'local' && code === sent?.code;
  return isReturned || NORMAL_CODES.has(code) ? EXIT.OK : EXIT.CLOSED_WITH_ERROR;
}

/** The command line is wrong. The message names the option. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
