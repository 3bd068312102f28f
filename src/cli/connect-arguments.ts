import { integer, milliseconds, parse, quote } from './arguments.js';
import {
  CLIENT_OPTIONS,
  type ClientArguments,
  clientArguments,
  refuseBoth,
  TARGET_OPTIONS,
} from './client-arguments.js';
import { parseLine } from './commands.js';
import { UsageError } from './exit-code.js';

/** How a binary message is printed. */
export type BinaryOutput = 'described' | 'raw' | 'hex' | 'base64';

/** The arguments of `ws101 connect`. */
export interface ConnectArguments extends ClientArguments {
  readonly url: string | undefined;
  // The connection. Times are in milliseconds
  readonly pingInterval: number | undefined;
  readonly pingTimeout: number | undefined;
  readonly connectTimeout: number | undefined;
  /** Whether redirects are followed. */
  readonly location: boolean;
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
    ...TARGET_OPTIONS,
    ...CLIENT_OPTIONS,
    'ping-interval': { type: 'string' },
    'ping-timeout': { type: 'string' },
    'connect-timeout': { type: 'string' },
    location: { type: 'boolean', short: 'L', default: false },
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
  const { json } = values;
  const client = clientArguments(values);
  refuseBoth('--commands', values.commands, '--no-commands', values['no-commands']);
  refuseBoth('--wait-for', values['wait-for'] !== undefined, '--keep-open', values['keep-open']);
  refuseBoth('--json', json, '--binary-output', values['binary-output'] !== undefined);
  for (const line of values.commands ? values.execute : []) {
    const command = parseLine(line);
    if (command.kind === 'invalid') throw new UsageError(`--execute: ${command.message}`);
  }
  const seconds = (option: 'ping-interval' | 'ping-timeout' | 'connect-timeout', min: number) => {
    const text = values[option];
    return text === undefined ? undefined : milliseconds(`--${option}`, text, min);
  };
  const waitFor = values['wait-for'];
  return {
    url: positionals[0],
    ...client,
    pingInterval: seconds('ping-interval', 0),
    pingTimeout: seconds('ping-timeout', 0.001),
    connectTimeout: seconds('connect-timeout', 0.001),
    location: values.location,
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

function binaryOutput(text: string | undefined): BinaryOutput {
  if (text === undefined) return 'described';
  if (!BINARY_OUTPUTS.includes(text)) {
    throw new UsageError(`--binary-output must be ${BINARY_OUTPUTS.join(', ')}, got ${quote(text)}`);
  }
  return text as BinaryOutput;
}
