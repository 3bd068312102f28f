import { header, integer, milliseconds, parse, quote } from './arguments.js';
import { parseLine } from './commands.js';
import { UsageError } from './exit-code.js';

/** How a binary message is printed. */
export type BinaryOutput = 'described' | 'raw' | 'hex' | 'base64';

/** The arguments of `ws101 connect`. */
export interface ConnectArguments {
  readonly url: string | undefined;
  // The request
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly subprotocols: readonly string[];
  readonly origin: string | undefined;
  readonly compress: boolean;
  // The connection. Times are in milliseconds
  readonly pingInterval: number | undefined;
  readonly pingTimeout: number | undefined;
  readonly connectTimeout: number | undefined;
  /** Whether redirects are followed. */
  readonly location: boolean;
  /** The URL of a proxy, or `env`. */
  readonly proxy: string | undefined;
  /** Paths of PEM files. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecure: boolean;
  // Input
  /** Messages to send instead of input. */
  readonly execute: readonly string[];
  /** The path of a file to send as one binary message; `-` is stdin. */
  readonly file: string | undefined;
  /** Whether lines may be commands. If undefined, only those typed on a terminal may. */
  readonly commands: boolean | undefined;
  // The end
  /** How long the connection must be silent after the end of the input. */
  readonly wait: number;
  /** How many messages to wait for after the end of the input, instead of silence. */
  readonly waitFor: number | undefined;
  /** Whether the connection stays open after the end of the input. */
  readonly keepOpen: boolean;
  // Output
  readonly json: boolean;
  readonly binaryOutput: BinaryOutput;
  readonly showPings: boolean;
  readonly trace: boolean;
  /** Whether a page shows the connection. */
  readonly inspect: boolean;
}

const BINARY_OUTPUTS: readonly string[] = ['raw', 'hex', 'base64'] satisfies readonly BinaryOutput[];

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseConnectArguments(args: readonly string[]): ConnectArguments | 'help' {
  const { values, positionals } = parse(args, {
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    auth: { type: 'string' },
    subprotocol: { type: 'string', short: 's', multiple: true, default: [] },
    origin: { type: 'string', short: 'o' },
    compress: { type: 'boolean', default: false },
    'ping-interval': { type: 'string' },
    'ping-timeout': { type: 'string' },
    'connect-timeout': { type: 'string' },
    location: { type: 'boolean', short: 'L', default: false },
    proxy: { type: 'string' },
    ca: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    insecure: { type: 'boolean', short: 'k', default: false },
    execute: { type: 'string', short: 'x', multiple: true, default: [] },
    file: { type: 'string' },
    commands: { type: 'boolean', default: false },
    'no-commands': { type: 'boolean', default: false },
    wait: { type: 'string', short: 'w', default: '1' },
    'wait-for': { type: 'string' },
    'keep-open': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'binary-output': { type: 'string' },
    'show-pings': { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    inspect: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 1) throw new UsageError(`connect takes one url, got ${quote(positionals[1]!)} too`);
  const { cert, key, json } = values;
  refuseBoth('--ca', values.ca !== undefined, '--insecure', values.insecure);
  refuseBoth('--commands', values.commands, '--no-commands', values['no-commands']);
  refuseBoth('--wait-for', values['wait-for'] !== undefined, '--keep-open', values['keep-open']);
  refuseBoth('--json', json, '--binary-output', values['binary-output'] !== undefined);
  for (const line of values.commands ? values.execute : []) {
    const command = parseLine(line);
    if (command.kind === 'invalid') throw new UsageError(`--execute: ${command.message}`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(cert === undefined ? '--key requires --cert' : '--cert requires --key');
  }
  const headers = values.header.map(header);
  if (values.auth !== undefined) headers.push(['Authorization', basicCredentials(values.auth)]);
  const seconds = (option: 'ping-interval' | 'ping-timeout' | 'connect-timeout', min: number) => {
    const text = values[option];
    return text === undefined ? undefined : milliseconds(`--${option}`, text, min);
  };
  const waitFor = values['wait-for'];
  return {
    url: positionals[0],
    headers,
    subprotocols: values.subprotocol,
    origin: values.origin,
    compress: values.compress,
    pingInterval: seconds('ping-interval', 0),
    pingTimeout: seconds('ping-timeout', 0.001),
    connectTimeout: seconds('connect-timeout', 0.001),
    location: values.location,
    proxy: values.proxy,
    ca: values.ca,
    cert,
    key,
    insecure: values.insecure,
    execute: values.execute,
    file: values.file,
    commands: values.commands ? true : values['no-commands'] ? false : undefined,
    wait: milliseconds('--wait', values.wait, 0),
    waitFor: waitFor === undefined ? undefined : integer('--wait-for', waitFor, Number.MAX_SAFE_INTEGER),
    keepOpen: values['keep-open'],
    json,
    binaryOutput: binaryOutput(values['binary-output']),
    showPings: values['show-pings'],
    trace: values.trace,
    inspect: values.inspect,
  };
}

function refuseBoth(first: string, hasFirst: boolean, second: string, hasSecond: boolean): void {
  if (hasFirst && hasSecond) throw new UsageError(`${first} and ${second} cannot be combined`);
}

function binaryOutput(text: string | undefined): BinaryOutput {
  if (text === undefined) return 'described';
  if (!BINARY_OUTPUTS.includes(text)) {
    throw new UsageError(`--binary-output must be ${BINARY_OUTPUTS.join(', ')}, got ${quote(text)}`);
  }
  return text as BinaryOutput;
}

/** The value of Authorization for `user:password` (RFC 7617). */
export function basicCredentials(text: string): string {
  if (!text.includes(':')) throw new UsageError('--auth must be user:password');
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
