import { integer, parse, quote } from './arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 explain`. */
export interface ExplainArguments {
  /** Undefined for stdin. */
  readonly file: string | undefined;
  readonly json: boolean;
  /** The number of a connection. */
  readonly stream: number | undefined;
  /** The first and the last frame to show. */
  readonly frames: readonly [first: number, last: number] | undefined;
}

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseExplainArguments(args: readonly string[]): ExplainArguments | 'help' {
  const { values, positionals } = parse(args, {
    json: { type: 'boolean', default: false },
    stream: { type: 'string' },
    frames: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 1) throw new UsageError(`explain takes one file, got ${quote(positionals[1]!)} too`);
  const [file] = positionals;
  return {
    file: file === '-' ? undefined : file,
    json: values.json,
    stream: values.stream === undefined ? undefined : integer('--stream', values.stream, Number.MAX_SAFE_INTEGER),
    frames: values.frames === undefined ? undefined : range(values.frames),
  };
}

/** For example 3-7, 5 or 3-. */
function range(text: string): readonly [number, number] {
  const [, first = '', dash = '', last = ''] = /^(\d{1,15})(?:(-)(\d{0,15}))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = dash === '' ? from : last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (from < 1 || to < from) throw new UsageError(`--frames must be a range such as 3-7, 5 or 3-, got ${quote(text)}`);
  return [from, to];
}
