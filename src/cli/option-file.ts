import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import type { ConnectOptions } from '../index.js';
import type { ClientArguments, TargetArguments } from './client-arguments.js';
import { UsageError } from './exit-code.js';

/** @throws {UsageError} that names the option if the file cannot be read */
export function readOptionFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

/** @throws {UsageError} that names the option if the path is not that of a file that can be read */
export function checkReadable(option: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
  if (statSync(path).isDirectory()) throw new UsageError(`${option}: ${path} is a directory`);
}

/** Returns the options of TLS that the options of a command name. */
export function tlsOptions({
  ca,
  cert,
  key,
  insecure,
}: Pick<TargetArguments, 'ca' | 'insecure'> & Partial<Pick<ClientArguments, 'cert' | 'key'>>): NonNullable<
  ConnectOptions['tls']
> {
  return {
    ...(ca === undefined ? {} : { ca: readOptionFile('--ca', ca) }),
    ...(cert === undefined ? {} : { cert: readOptionFile('--cert', cert) }),
    ...(key === undefined ? {} : { key: readOptionFile('--key', key) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}
