import { header } from './arguments.js';
import { UsageError } from './exit-code.js';

/** The options that every command with a target has, for parse(). */
export const TARGET_OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true, default: [] as string[] },
  origin: { type: 'string', short: 'o' },
  proxy: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', short: 'k', default: false },
} as const;

/** The options that the commands that are clients have besides. */
export const CLIENT_OPTIONS = {
  auth: { type: 'string' },
  subprotocol: { type: 'string', short: 's', multiple: true, default: [] as string[] },
  compress: { type: 'boolean', default: false },
  cert: { type: 'string' },
  key: { type: 'string' },
} as const;

/** How a target is connected to. */
export interface TargetArguments {
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly origin: string | undefined;
  /** The URL of a proxy, or `env`. */
  readonly proxy: string | undefined;
  /** The path of a PEM file. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
}

/** What a client asks for, and how it connects. */
export interface ClientArguments extends TargetArguments {
  readonly subprotocols: readonly string[];
  readonly compress: boolean;
  /** Paths of PEM files. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

interface TargetValues {
  readonly header: readonly string[];
  readonly origin?: string | undefined;
  readonly proxy?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
}

interface ClientValues extends TargetValues {
  readonly auth?: string | undefined;
  readonly subprotocol: readonly string[];
  readonly compress: boolean;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** @throws {UsageError} */
export function targetArguments({ header: headers, origin, proxy, ca, insecure }: TargetValues): TargetArguments {
  refuseBoth('--ca', ca !== undefined, '--insecure', insecure);
  return { headers: headers.map(header), origin, proxy, ca, insecure };
}

/** @throws {UsageError} */
export function clientArguments(values: ClientValues): ClientArguments {
  const { auth, subprotocol: subprotocols, compress, cert, key } = values;
  const { headers, ...target } = targetArguments(values);
  requirePair('--cert', cert, '--key', key);
  const credentials = auth === undefined ? [] : [['Authorization', basicCredentials(auth)] as const];
  return { ...target, headers: [...headers, ...credentials], subprotocols, compress, cert, key };
}

/** @throws {UsageError} if both options are given */
export function refuseBoth(first: string, hasFirst: boolean, second: string, hasSecond: boolean): void {
  if (hasFirst && hasSecond) throw new UsageError(`${first} and ${second} cannot be combined`);
}

/** @throws {UsageError} if only one of a certificate and its key is given */
export function requirePair(
  certOption: string,
  cert: string | undefined,
  keyOption: string,
  key: string | undefined,
): void {
  if (cert === undefined && key !== undefined) throw new UsageError(`${keyOption} requires ${certOption}`);
  if (cert !== undefined && key === undefined) throw new UsageError(`${certOption} requires ${keyOption}`);
}

/** The value of Authorization for `user:password` (RFC 7617). */
function basicCredentials(text: string): string {
  if (!text.includes(':')) throw new UsageError('--auth must be user:password');
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
