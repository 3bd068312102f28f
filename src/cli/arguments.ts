import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './exit-code.js';

/** Parses and checks the arguments of the subcommands. Opens no file and does not call the library. */

export interface ServeArguments {
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly broadcast: boolean;
  readonly subprotocols: readonly string[];
  readonly maxMessageSize: number | undefined;
  readonly compress: boolean;
}

export interface ConnectArguments {
  readonly url: string | undefined;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly subprotocols: readonly string[];
  readonly origin: string | undefined;
  /** In milliseconds, as pingTimeout is. */
  readonly pingInterval: number | undefined;
  readonly pingTimeout: number | undefined;
  /** The path of a PEM file. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly compress: boolean;
  /** Whether lines from a pipe may be commands too. */
  readonly commands: boolean;
  /** How long the connection must be silent after the end of piped input, in milliseconds. */
  readonly wait: number;
  readonly trace: boolean;
}

const MAX_SECONDS = 2_147_483;

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseServeArguments(args: readonly string[]): ServeArguments | 'help' {
  const { values, positionals } = parse(args, {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9001' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    broadcast: { type: 'boolean', default: false },
    subprotocol: { type: 'string', multiple: true, default: [] },
    'max-message-size': { type: 'string' },
    compress: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 0) throw new UsageError(`serve takes no arguments, got ${quote(positionals[0]!)}`);
  const { 'tls-cert': cert, 'tls-key': key, 'max-message-size': maxMessageSize } = values;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(cert === undefined ? '--tls-key requires --tls-cert' : '--tls-cert requires --tls-key');
  }
  return {
    host: values.host,
    port: integer('--port', values.port, 65_535),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
    broadcast: values.broadcast,
    subprotocols: values.subprotocol,
    maxMessageSize:
      maxMessageSize === undefined ? undefined : integer('--max-message-size', maxMessageSize, Number.MAX_SAFE_INTEGER),
    compress: values.compress,
  };
}

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseConnectArguments(args: readonly string[]): ConnectArguments | 'help' {
  const { values, positionals } = parse(args, {
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    subprotocol: { type: 'string', multiple: true, default: [] },
    origin: { type: 'string' },
    'ping-interval': { type: 'string' },
    'ping-timeout': { type: 'string' },
    ca: { type: 'string' },
    insecure: { type: 'boolean', default: false },
    compress: { type: 'boolean', default: false },
    commands: { type: 'boolean', default: false },
    wait: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 1) throw new UsageError(`connect takes one url, got ${quote(positionals[1]!)} too`);
  if (values.insecure && values.ca !== undefined) {
    throw new UsageError('--ca and --insecure cannot be combined');
  }
  const { 'ping-interval': pingInterval, 'ping-timeout': pingTimeout } = values;
  return {
    url: positionals[0],
    headers: values.header.map(header),
    subprotocols: values.subprotocol,
    origin: values.origin,
    pingInterval: pingInterval === undefined ? undefined : milliseconds('--ping-interval', pingInterval, 0),
    pingTimeout: pingTimeout === undefined ? undefined : milliseconds('--ping-timeout', pingTimeout, 0.001),
    ca: values.ca,
    insecure: values.insecure,
    compress: values.compress,
    commands: values.commands,
    wait: milliseconds('--wait', values.wait, 0),
    trace: values.trace,
  };
}

function parse<Options extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: Options) {
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

function integer(option: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new UsageError(`${option} must be an integer from 0 to ${max}, got ${quote(text)}`);
  return value;
}

/** Converts seconds, with or without a fraction, to milliseconds. */
function milliseconds(option: string, text: string, min: number): number {
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= min && seconds <= MAX_SECONDS)) {
    throw new UsageError(`${option} must be a number of seconds from ${min} to ${MAX_SECONDS}, got ${quote(text)}`);
  }
  // A value above 0 must not be rounded to 0, which turns pings off.
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** Splits `Name: value`. The library checks the name and the value. */
function header(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError(`--header must be 'Name: value', got ${quote(text)}`);
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function quote(text: string): string {
  return JSON.stringify(text);
}
