import { UsageError } from './exit-code.js';

/** What an option of the command is called in the library. */
const OPTIONS: ReadonlyArray<readonly [inLibrary: RegExp, option: string]> = [
  [/\bheaders\b/, '--header'],
  [/\bsubprotocols\b/, '--subprotocol'],
  [/\borigin\b/, '--origin'],
  [/\bmaxMessageSize\b/, '--max-message-size'],
];

/** What the library, which checks its arguments before it does anything, says of one that is wrong: in the words of the command line. */
export function usageErrorOf(error: unknown): UsageError {
  const { message } = error as Error;
  return new UsageError(OPTIONS.reduce((text, [name, option]) => text.replace(name, option), message));
}

export function isCallersFault(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'WS101_INVALID_ARGUMENT';
}
