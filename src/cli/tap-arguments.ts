import { integer, parse, quote } from './arguments.js';
import { requirePair, TARGET_OPTIONS, type TargetArguments, targetArguments } from './client-arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 tap`. */
export interface TapArguments extends TargetArguments {
  readonly target: string;
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files, to listen for wss. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly verbose: boolean;
  /** The path of a file. */
  readonly record: string | undefined;
  readonly web: boolean;
  readonly bytesPerSecond: number | undefined;
  /** In milliseconds. */
  readonly delay: number | undefined;
  /** Bytes, or time in milliseconds. */
  readonly cutAfter: { readonly bytes?: number; readonly time?: number } | undefined;
  readonly dropPongs: boolean;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000 };
const MAX_TIME = 2 ** 31 - 1;

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseTapArguments(args: readonly string[]): TapArguments | 'help' {
  const { values, positionals } = parse(args, {
    target: { type: 'string' },
    listen: { type: 'string', default: '9002' },
    host: { type: 'string', default: '127.0.0.1' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    ...TARGET_OPTIONS,
    verbose: { type: 'boolean', short: 'v', default: false },
    record: { type: 'string' },
    web: { type: 'boolean', default: false },
    slow: { type: 'string' },
    delay: { type: 'string' },
    'cut-after': { type: 'string' },
    'drop-pongs': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  const [target, ...more] = [...(values.target === undefined ? [] : [values.target]), ...positionals];
  if (target === undefined) throw new UsageError('tap takes a target, such as wss://example.com/chat');
  if (more.length > 0) throw new UsageError(`tap takes one target, got ${quote(more[0]!)} too`);
  const { 'tls-cert': cert, 'tls-key': key, slow, delay, 'cut-after': cutAfter } = values;
  requirePair('--tls-cert', cert, '--tls-key', key);
  return {
    target,
    host: values.host,
    port: integer('--listen', values.listen, 65_535),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    ...targetArguments(values),
    verbose: values.verbose,
    record: values.record,
    web: values.web,
    bytesPerSecond: slow === undefined ? undefined : size('--slow', 'a number of bytes a second', slow, 1),
    delay: delay === undefined ? undefined : integer('--delay', delay, MAX_TIME),
    cutAfter: cutAfter === undefined ? undefined : limit(cutAfter),
    dropPongs: values['drop-pongs'],
  };
}

/** Converts a number of bytes, with or without a unit. */
function size(option: string, meaning: string, text: string, min: number): number {
  const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?)([km]?)$/i.exec(text) ?? [];
  const value = Math.round(Number(digits) * UNITS[unit.toLowerCase()]!);
  if (!(value >= min)) throw new UsageError(`${option} must be ${meaning}, such as 56k or 1M, got ${quote(text)}`);
  return value;
}

function limit(text: string): { readonly bytes?: number; readonly time?: number } {
  const [, seconds] = /^(\d{1,6}(?:\.\d{1,3})?)s$/.exec(text) ?? [];
  if (seconds !== undefined) return { time: Math.round(Number(seconds) * 1000) };
  return { bytes: size('--cut-after', 'a number of seconds, such as 5s, or of bytes', text, 0) };
}
