import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

/** The entry points of the package. */
const ENTRIES = ['index.ts', 'framing/index.ts', 'handshake/index.ts', 'protocol/index.ts'];

interface Exported {
  readonly name: string;
  readonly file: string;
}

/** Returns what a file re-exports, with the file that declares it. */
function exportsOf(file: string): Exported[] {
  const source = readFileSync(join(SOURCES, file), 'utf8');
  const statements = source.matchAll(/^export (?:type )?\{([^}]+)\} from '([^']+)';/gm);
  return Array.from(statements).flatMap(([, names = '', from = '']) => {
    const declaredIn = relative(SOURCES, join(SOURCES, dirname(file), from)).replace(/\.js$/, '.ts');
    const listed = names
      .split(',')
      .map(name => name.trim().replace(/^type /, ''))
      .filter(name => name !== '');
    return listed.flatMap(name => declarationsOf(name, declaredIn));
  });
}

/** Follows a name through files that only re-export it. */
function declarationsOf(name: string, file: string): Exported[] {
  if (declarationOf(name, file) >= 0) return [{ name, file }];
  const source = readFileSync(join(SOURCES, file), 'utf8');
  const imported = new RegExp(`^(?:import|export) [^;]*\\b${name}\\b[^;]* from '([^']+)';`, 'm').exec(source);
  if (imported === null) return [{ name, file }];
  return declarationsOf(name, relative(SOURCES, join(SOURCES, dirname(file), imported[1]!)).replace(/\.js$/, '.ts'));
}

/** Returns the line that declares a name, or -1. */
function declarationOf(name: string, file: string): number {
  const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
  const pattern = new RegExp(`^export (?:abstract )?(?:async )?(?:class|function|const|interface|type) ${name}\\b`);
  return lines.findIndex(line => pattern.test(line));
}

/** Whether the line before a declaration ends a docstring. */
function isDocumented(lines: readonly string[], at: number): boolean {
  return lines[at - 1]?.trimEnd().endsWith('*/') === true;
}

describe('docstrings', () => {
  const all = ENTRIES.flatMap(exportsOf);

  test('every exported name is found where it is declared', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ name, file }) => declarationOf(name, file) === -1)).toEqual([]);
  });

  test('every exported name has one', () => {
    const missing = all.filter(({ name, file }) => {
      const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
      return !isDocumented(lines, declarationOf(name, file));
    });
    expect([...new Set(missing.map(({ name, file }) => `${file} ${name}`))]).toEqual([]);
  });

  test('every public method of an exported class has one', () => {
    const missing = all.flatMap(({ name, file }) => {
      const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
      const start = declarationOf(name, file);
      if (!/\bclass\b/.test(lines[start] ?? '')) return [];
      const end = lines.findIndex((line, i) => i > start && line === '}');
      return lines.slice(start, end).flatMap((line, i) => {
        // An overload before it has the docstring.
        if (/^ {2}\w.*;$/.test(lines[start + i - 1] ?? '') && line.startsWith(`  ${/\w+/.exec(line)?.[0]}(`)) return [];
        const method = /^ {2}(?:async )?(?:get )?(\w+)(?:<[^>]*>)?\(.*\{$/.exec(line)?.[1];
        if (method === undefined || method === 'constructor') return [];
        return isDocumented(lines, start + i) ? [] : [`${file} ${name}.${method}()`];
      });
    });
    expect([...new Set(missing)]).toEqual([]);
  });
});
