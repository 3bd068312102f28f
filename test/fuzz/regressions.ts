import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Finding } from './engine.js';

/**
 * Inputs that once broke a rule, one per file: `<target>-<hash>.hex`. Lines that begin with `#` name the rule. The
 * other lines are the input.
 */
const FOLDER = new URL('./regressions/', import.meta.url);

export interface Regression {
  readonly file: string;
  readonly target: string;
  readonly input: Uint8Array;
}

export function readRegressions(): Regression[] {
  return readdirSync(FOLDER)
    .filter(file => file.endsWith('.hex'))
    .map(file => {
      const lines = readFileSync(new URL(file, FOLDER), 'latin1').split('\n');
      const hex = lines.filter(line => !line.startsWith('#')).join('');
      return { file, target: file.split('-')[0]!, input: new Uint8Array(Buffer.from(hex, 'hex')) };
    });
}

export function nameOf(target: string, input: Uint8Array): string {
  return `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 8)}.hex`;
}

/** Writes a finding to a file, and returns the file name. */
export function keepRegression(target: string, { oracle, input }: Finding): string {
  const file = nameOf(target, input);
  const hex =
    Buffer.from(input)
      .toString('hex')
      .match(/.{1,96}/g) ?? [];
  writeFileSync(new URL(file, FOLDER), [`# ${oracle}`, ...hex, ''].join('\n'));
  return file;
}
