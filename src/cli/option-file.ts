import { accessSync, constants, readFileSync, statSync } from 'node:fs';
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
