import { header, integer, milliseconds, parse, quote } from './arguments.js';
import { basicCredentials } from './connect-arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 doctor`. Times are in milliseconds. */
export interface DoctorArguments {
  readonly url: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly subprotocols: readonly string[];
  readonly origin: string | undefined;
  readonly compress: boolean;
  readonly proxy: string | undefined;
  /** Paths of PEM files. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecure: boolean;
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
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    auth: { type: 'string' },
    subprotocol: { type: 'string', short: 's', multiple: true, default: [] },
    origin: { type: 'string', short: 'o' },
    compress: { type: 'boolean', default: false },
    proxy: { type: 'string' },
    ca: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    insecure: { type: 'boolean', short: 'k', default: false },
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
  const { cert, key } = values;
  const sends = [values.send !== undefined, values['no-send'], values.size !== undefined].filter(Boolean).length;
  if (sends > 1) throw new UsageError('--send, --no-send and --size cannot be combined');
  if (values.ca !== undefined && values.insecure) throw new UsageError('--ca and --insecure cannot be combined');
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(cert === undefined ? '--key requires --cert' : '--cert requires --key');
  }
  const headers = values.header.map(header);
  if (values.auth !== undefined) headers.push(['Authorization', basicCredentials(values.auth)]);
  return {
    url: /^[a-z][a-z+]*:/i.test(url) && !/^[\w.-]+:\d/.test(url) ? url : `ws://${url}`,
    headers,
    subprotocols: values.subprotocol,
    origin: values.origin,
    compress: values.compress,
    proxy: values.proxy,
    ca: values.ca,
    cert,
    key,
    insecure: values.insecure,
    send: values['no-send'] ? '' : values.send,
    size: values.size === undefined ? undefined : integer('--size', values.size, MAX_SIZE),
    idle: milliseconds('--idle', values.idle, 0),
    timeout: milliseconds('--timeout', values.timeout, 0.1),
    retry: !values['no-retry'],
    verbose: values.verbose,
    json: values.json,
  };
}
