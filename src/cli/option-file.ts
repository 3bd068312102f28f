import { readFileSync } from 'node:fs';
import { UsageError } from './exit-code.js';

/** @throws {UsageError} that names the option if the file cannot be read */
export function readOptionFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}
