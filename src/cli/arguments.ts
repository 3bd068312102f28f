/** Parses arguments, and checks their values. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './exit-code.js';

const MAX_SECONDS = 2_147_483;

type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>
>;

/** @throws {UsageError} for an unknown option, and for a missing or a superfluous value */
export function parse<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): Parsed<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(complaint((error as Error).message));
  }
}

/** Rewords a message of parseArgs(), such as `Option '-H, --header <value>' argument missing`. */
function complaint(message: string): string {
  const option = /'(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1];
  if (message.startsWith('Unknown option')) return `unknown option: ${option}`;
  if (/argument (missing|is ambiguous)/.test(message)) return `${option} requires a value`;
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  return message;
}

export function integer(option: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new UsageError(`${option} must be an integer from 0 to ${max}, got ${quote(text)}`);
  return value;
}

/** Converts seconds, with or without a fraction, to milliseconds. */
export function milliseconds(option: string, text: string, min: number): number {
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= min && seconds <= MAX_SECONDS)) {
    throw new UsageError(`${option} must be a number of seconds from ${min} to ${MAX_SECONDS}, got ${quote(text)}`);
  }
  // A value above 0 must not be rounded to 0, which turns pings off.
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** Splits `Name: value`. The library checks the name and the value. */
export function header(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError(`--header must be 'Name: value', got ${quote(text)}`);
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
