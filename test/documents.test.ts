import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLOSE_CODE } from '../src/framing/close-code.js';
import { VIOLATION } from '../src/framing/violations.js';
import { anchorsOf, codeBlocks, DOCUMENTS, LEDGERS, readDocument, withoutCode } from './helpers/markdown.js';
import { ROWS } from './soak/rows/index.js';

const root = new URL('../', import.meta.url);

/** Returns the inline code of a document. */
function codeIn(document: string): string[] {
  return Array.from(withoutCode(readDocument(document)).matchAll(/`([^`\n]+)`/g), ([, code]) => code!);
}

const FOR_CONTRIBUTORS = ['RELEASING.md', 'CODE_OF_CONDUCT.md', '.github/PULL_REQUEST_TEMPLATE.md'];
const WRITTEN = [...DOCUMENTS.filter(document => !LEDGERS.includes(document)), ...FOR_CONTRIBUTORS];

describe.each(WRITTEN)('%s', document => {
  test('names files and folders that exist', () => {
    const paths = codeIn(document).filter(code => /^(src|test|docs|bench|examples)\/\S*$/.test(code));
    expect(paths.filter(path => !existsSync(new URL(path, root)))).toEqual([]);
  });

  test('names scripts and soak rows that exist', () => {
    const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
    for (const code of codeIn(document)) {
      const [, script, row] = /^npm run (\S+)(?: -- (\S+))?/.exec(code) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      if (script === 'soak' && row !== undefined) expect(ROWS.map(({ name }) => name)).toContain(row);
    }
  });

  test('links to files and headings that exist', () => {
    const links = Array.from(withoutCode(readDocument(document)).matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!);
    const broken = links.filter(link => {
      if (/^https?:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const path = file === '' ? document : normalize(join(dirname(document), file));
      if (!existsSync(new URL(path, root))) return true;
      return anchor !== undefined && !anchorsOf(path).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test.each(['CONTRIBUTING.md', 'RELEASING.md'])('%s shows commands that exist', document => {
  const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
  // Code blocks in a list are indented.
  const blocks = readDocument(document).matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm);
  const commands = Array.from(blocks, ([, code]) => code!.trim().split(/\n */)).flat();
  expect(commands.length).toBeGreaterThanOrEqual(4);
  for (const command of commands) {
    const [, script] = /^npm run (\S+)/.exec(command) ?? [];
    if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    const [, file] = /^(?:node|npx vitest run) (\S+)/.exec(command) ?? [];
    if (file !== undefined) expect(existsSync(new URL(file, root)), file).toBe(true);
  }
});

test('the worked example of CONTRIBUTING.md shows lines that exist in the files it names', () => {
  const diffs = codeBlocks('CONTRIBUTING.md').filter(({ info }) => info === 'diff');
  expect(diffs.length).toBeGreaterThanOrEqual(6);
  let file = '';
  for (const line of diffs.flatMap(({ code }) => code.trimEnd().split('\n'))) {
    if (line.startsWith('+++ ')) file = line.slice(4);
    else expect(readDocument(file).split('\n'), file).toContain(line.slice(1));
  }
});

test('README.md has at most 220 lines', () => {
  expect(readDocument('README.md').split('\n').length).toBeLessThanOrEqual(221);
});

test('README.md links to every document', () => {
  const readme = readDocument('README.md');
  expect(DOCUMENTS.filter(path => path !== 'README.md' && !readme.includes(`(${path})`))).toEqual([]);
});

/** Returns the concatenated sources of a folder. */
function sources(folder: string): string {
  const files = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' });
  return files
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(new URL(`${folder}/${file}`, root), 'utf8'))
    .join('\n');
}

/** Returns the body of a declaration in a source file. */
function declaration(path: string, start: string): string {
  const [, rest = ''] = readDocument(path).split(start);
  return rest.slice(0, rest.search(/^}|;\n\n/m));
}

describe('docs/errors.md', () => {
  const words = codeIn('docs/errors.md');

  test('lists every error class', () => {
    const classes = Array.from(readDocument('src/errors.ts').matchAll(/^export class (\w+)/gm), ([, name]) => name);
    expect(classes.length).toBeGreaterThanOrEqual(6);
    expect(words).toEqual(expect.arrayContaining(classes));
  });

  test('lists every error code and warning code', () => {
    const codes = new Set(sources('src').match(/WS101_\w+/g));
    expect(codes.size).toBeGreaterThanOrEqual(12);
    expect(words).toEqual(expect.arrayContaining([...codes]));
  });

  test('lists every handshake phase', () => {
    const phases = declaration('src/errors.ts', 'export type HandshakePhase =').match(/\w+/g) ?? [];
    expect(phases).toContain('dns');
    expect(words).toEqual(expect.arrayContaining(phases));
  });

  test('lists every property of CloseInfo', () => {
    const body = declaration('src/connection/close-info.ts', 'export interface CloseInfo {');
    const names = Array.from(body.matchAll(/readonly (\w+)/g), ([, name]) => name);
    expect(names).toContain('wasClean');
    expect(words).toEqual(expect.arrayContaining(names));
  });

  test('lists every violation with its close code', () => {
    const page = readDocument('docs/errors.md');
    for (const { code, closeCode } of Object.values(VIOLATION))
      expect(page).toContain(`| \`${code}\` | ${closeCode} |`);
  });

  test('lists every close code with its name', () => {
    const page = readDocument('docs/errors.md');
    for (const [name, code] of Object.entries(CLOSE_CODE)) expect(page).toContain(`| ${code} | \`${name}\` |`);
  });
});

test.each([
  ['docs/connection.md', 'src/connection/events.ts', 'export interface ConnectionEvents {'],
  ['docs/server.md', 'src/server/events.ts', 'export interface ServerEvents<Context> {'],
])('%s lists every event', (document, path, start) => {
  const events = Array.from(declaration(path, start).matchAll(/^ {2}(\w+): \[/gm), ([, event]) => event);
  expect(events.length).toBeGreaterThanOrEqual(6);
  expect(codeIn(document)).toEqual(expect.arrayContaining(events));
});
