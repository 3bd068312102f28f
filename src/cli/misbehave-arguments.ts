import type { MisbehaveOptions } from '../tools/index.js';
import type { Side } from '../wire/index.js';
import { integer, milliseconds, parse, quote } from './arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 serve --misbehave` and `ws101 connect --misbehave`. */
export interface MisbehaveArguments {
  readonly kind: string;
  /** Where a server listens. */
  readonly host: string;
  readonly port: number;
  /** Where a client connects to. */
  readonly url: string | undefined;
  readonly options: MisbehaveOptions;
}

/** Whether the arguments of `serve` or `connect` have the option --misbehave. */
export function hasMisbehave(args: readonly string[]): boolean {
  return args.some(arg => arg === '--misbehave' || arg.startsWith('--misbehave='));
}

const OPTIONS = {
  misbehave: { type: 'string' },
  'close-code': { type: 'string' },
  'close-reason': { type: 'string' },
  delay: { type: 'string' },
  count: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
const SERVER_OPTIONS = { ...OPTIONS, host: { type: 'string' }, port: { type: 'string' } } as const;

/**
 * @returns 'help' or 'list' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseMisbehaveArguments(side: Side, args: readonly string[]): MisbehaveArguments | 'help' | 'list' {
  const { values, positionals } = parseFor(side, args);
  if (values.help === true) return 'help';
  if (values.misbehave === 'list') return 'list';
  const [first, second] = positionals;
  if (side === 'server' && first !== undefined) throw new UsageError(`serve takes no arguments, got ${quote(first)}`);
  if (second !== undefined) throw new UsageError(`connect takes one url, got ${quote(second)} too`);
  const { 'close-code': code, 'close-reason': reason, delay, count } = values;
  return {
    kind: values.misbehave!,
    host: values.host ?? '127.0.0.1',
    port: integer('--port', values.port ?? '9001', 65_535),
    url: first,
    options: {
      ...(code === undefined ? {} : { code: integer('--close-code', code, 65_535) }),
      ...(reason === undefined ? {} : { reason }),
      ...(delay === undefined ? {} : { delay: milliseconds('--delay', delay, 0) }),
      ...(count === undefined ? {} : { count: integer('--count', count, 2 ** 31 - 1) }),
    },
  };
}

function parseFor(side: Side, args: readonly string[]): ReturnType<typeof parse<typeof SERVER_OPTIONS>> {
  try {
    return parse(args, side === 'server' ? SERVER_OPTIONS : (OPTIONS as typeof SERVER_OPTIONS));
  } catch (error) {
    const { message } = error as UsageError;
    if (message.startsWith('--misbehave ')) throw new UsageError(`${message}: --misbehave list prints the kinds`);
    throw new UsageError(`${message}; it cannot be combined with --misbehave`);
  }
}
