import { integer, parse, quote } from './arguments.js';
import { requirePair } from './client-arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 serve`. */
export interface ServeArguments {
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly broadcast: boolean;
  readonly subprotocols: readonly string[];
  readonly maxMessageSize: number | undefined;
  readonly compress: boolean;
  /** The path that answers health checks. */
  readonly health: string | undefined;
  /** Whether a page shows the connections. */
  readonly inspect: boolean;
}

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
    health: { type: 'string' },
    inspect: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 0) throw new UsageError(`serve takes no arguments, got ${quote(positionals[0]!)}`);
  const { 'tls-cert': cert, 'tls-key': key, 'max-message-size': maxMessageSize } = values;
  requirePair('--tls-cert', cert, '--tls-key', key);
  if (values.health !== undefined && !values.health.startsWith('/')) {
    throw new UsageError(`--health must be a path that starts with /, got ${quote(values.health)}`);
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
    health: values.health,
    inspect: values.inspect,
  };
}
