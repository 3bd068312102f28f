import { integer, milliseconds, parse, quote } from './arguments.js';
import { CLIENT_OPTIONS, type ClientArguments, clientArguments, TARGET_OPTIONS } from './client-arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 doctor`. Times are in milliseconds. */
export interface DoctorArguments extends ClientArguments {
  readonly url: string;
  /** The test message; '' for none. */
  readonly send: string | undefined;
  readonly size: number | undefined;
  readonly idle: number;
  readonly timeout: number;
  readonly retry: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Larger test messages would only test the memory of both ends. */
const MAX_SIZE = 64 * 1024 * 1024;

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseDoctorArguments(args: readonly string[]): DoctorArguments | 'help' {
  const { values, positionals } = parse(args, {
    ...TARGET_OPTIONS,
    ...CLIENT_OPTIONS,
    send: { type: 'string' },
    'no-send': { type: 'boolean', default: false },
    size: { type: 'string' },
    idle: { type: 'string', default: '0' },
    timeout: { type: 'string', default: '30' },
    'no-retry': { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  const [url, ...more] = positionals;
  if (url === undefined) throw new UsageError('doctor takes a url, such as wss://example.com/chat');
  if (more.length > 0) throw new UsageError(`doctor takes one url, got ${quote(more[0]!)} too`);
  const sends = [values.send !== undefined, values['no-send'], values.size !== undefined].filter(Boolean).length;
  if (sends > 1) throw new UsageError('--send, --no-send and --size cannot be combined');
  return {
    url: /^[a-z][a-z+]*:/i.test(url) && !/^[\w.-]+:\d/.test(url) ? url : `ws://${url}`,
    ...clientArguments(values),
    send: values['no-send'] ? '' : values.send,
    size: values.size === undefined ? undefined : integer('--size', values.size, MAX_SIZE),
    idle: milliseconds('--idle', values.idle, 0),
    timeout: milliseconds('--timeout', values.timeout, 0.1),
    retry: !values['no-retry'],
    verbose: values.verbose,
    json: values.json,
  };
}
