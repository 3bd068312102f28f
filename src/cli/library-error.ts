import { UsageError } from './exit-code.js';

/** The names of options in the library and in the command. */
const OPTIONS: ReadonlyArray<readonly [inLibrary: RegExp, option: string]> = [
  [/\bheaders\b/, '--header'],
  [/(?:each (?:entry )?of )?\bsubprotocols\b/, '--subprotocol'],
  [/\borigin\b/, '--origin'],
  [/\bmaxMessageSize\b/, '--max-message-size'],
];

/** Converts an error of the library about an argument to one that names the option of the command. */
export function usageErrorOf(error: unknown): UsageError {
  const { message } = error as Error;
  return new UsageError(OPTIONS.reduce((text, [name, option]) => text.replace(name, option), message));
}

export function isArgumentError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'WS101_INVALID_ARGUMENT';
}
