import { invalidType } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';

/** Options of `messages()`. */
export interface MessagesOptions {
  /** Whether each message is received in parts. Default false. */
  readonly stream?: boolean | undefined;
}

const MESSAGES_OPTION_NAMES: OptionNames<MessagesOptions> = { stream: true };

/**
 * Returns whether messages are received in parts.
 *
 * @throws {TypeError} for a wrong option
 */
export function isStreamWanted(options: MessagesOptions): boolean {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, MESSAGES_OPTION_NAMES);
  const { stream = false } = options;
  if (typeof stream !== 'boolean') throw invalidType('stream', 'a boolean', stream);
  return stream;
}
