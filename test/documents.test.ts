import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ROWS } from './soak/rows/index.js';

const root = new URL('../', import.meta.url);

function read(document: string): string {
  return readFileSync(new URL(document, root), 'utf8');
}

/** What stands in `code` there. */
function codeIn(document: string): string[] {
  return Array.from(read(document).matchAll(/`([^`\n]+)`/g), ([, code]) => code!);
}

describe.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'docs/architecture.md'])(
  'what %s names is there',
  document => {
    test('files and folders', () => {
      const paths = codeIn(document).filter(code => /^(src|test|docs|bench|examples)\/\S*$/.test(code));
      expect(paths).not.toEqual([]);
      expect(paths.filter(path => !existsSync(new URL(path, root)))).toEqual([]);
    });

    test('scripts, and rows of the soak', () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
      for (const code of codeIn(document)) {
        const [, script, row] = /^npm run (\S+)(?: -- (\S+))?/.exec(code) ?? [];
        if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
        if (script === 'soak' && row !== undefined) expect(ROWS.map(({ name }) => name)).toContain(row);
      }
    });
  },
);
