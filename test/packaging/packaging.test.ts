import { execFile } from 'node:child_process';
import { cp, readFile, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InstalledPackage, ROOT } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
});

afterAll(() => installed?.remove());

/** A file of the package, as it is installed. */
function read(path: string): Promise<string> {
  return readFile(join(installed.folder, 'node_modules/ws101', path), 'utf8');
}

const ENTRY_POINTS = [
  'ws101',
  'ws101/framing',
  'ws101/handshake',
  'ws101/protocol',
  'ws101/streams',
  'ws101/websocket',
];

describe('the installed package', () => {
  test('is installed without a warning', () => {
    expect(installed.installOutput).toMatch(/^\s*added 1 package in \S+\s*$/);
  });

  test('brings nothing with it', async () => {
    const list = JSON.parse(await installed.run('npm', 'ls', '--all', '--json')) as { dependencies: object };
    expect(list.dependencies).toEqual({ ws101: expect.not.objectContaining({ dependencies: expect.anything() }) });
    expect(JSON.parse(await read('package.json'))).not.toHaveProperty('dependencies');
  });

  test.each([...ENTRY_POINTS, 'ws101/package.json'])('import and require return the same names: %s', async entry => {
    const attributes = entry.endsWith('.json') ? ", { with: { type: 'json' } }" : '';
    const script = `
      import('${entry}'${attributes}).then(namespace => {
        const names = Object.keys(${attributes === '' ? 'namespace' : 'namespace.default'}).sort();
        console.log(JSON.stringify([names, Object.keys(require('${entry}')).sort()]));
      });`;
    const [imported, required] = JSON.parse(await installed.run(process.execPath, '-e', script)) as [
      string[],
      string[],
    ];
    expect(imported.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });

  test.each(ENTRY_POINTS)(
    'import and require return the same objects, so one program has one copy: %s',
    async entry => {
      const script = `
      import('${entry}').then(namespace => {
        const required = require('${entry}');
        console.log(Object.keys(required).every(name => required[name] === namespace[name]));
      });`;
      expect(await installed.run(process.execPath, '-e', script)).toBe('true\n');
    },
  );

  test('require returns the class of ws101/ws, with the names that import has', async () => {
    const script = `
      import('ws101/ws').then(namespace => {
        const required = require('ws101/ws');
        const isSame = Object.keys(namespace).every(name => required[name] === namespace[name]);
        console.log(typeof required, isSame, Object.keys(namespace).length);
      });`;
    expect(await installed.run(process.execPath, '-e', script)).toBe('function true 10\n');
  });

  test('compat/ws exports ws101/ws under the name ws', async () => {
    const project = join(installed.folder, 'compat');
    await cp(join(ROOT, 'compat/ws'), join(project, 'node_modules/ws'), { recursive: true });
    const script = `
      import WebSocket, * as imported from 'ws';
      import { createRequire } from 'node:module';
      import * as original from 'ws101/ws';
      const required = createRequire(import.meta.url)('ws');
      const names = Object.keys(original);
      console.log(required === WebSocket, names.every(name => imported[name] === original[name]), names.length);`;
    await writeFile(join(project, 'check.mjs'), script);
    expect(await installed.run(process.execPath, join(project, 'check.mjs'))).toBe('true true 10\n');
  });

  test('the entry points share their classes', async () => {
    const script = (flag: string) => `
      const names = ['ws101', 'ws101/framing', 'ws101/protocol'];
      console.log('${flag}', new Set(names.map(name => require(name).ProtocolError)).size);`;
    expect(await installed.run(process.execPath, '-e', script('module'))).toBe('module 1\n');
    // Without require(esm), Node takes the CommonJS files, as tools with a loader of their own do.
    const flag = '--no-experimental-require-module';
    expect(await installed.run(process.execPath, flag, '-e', script('commonjs'))).toBe('commonjs 1\n');
  });

  test('compiles in a strict application that checks its declarations, ESM and CommonJS, and runs there', async () => {
    await installed.compileConsumers();
    const types = 'function function function function function function';
    const [esm, cjs] = await Promise.all(
      ['esm.mjs', 'cjs.cjs'].map(name =>
        installed.run(process.execPath, '--disable-warning=ExperimentalWarning', name),
      ),
    );
    expect(esm).toBe(`me: hello\n1000 true 1 ws101 ${types}\n`);
    expect(cjs).toBe(`hello\n1000 true 1 ws101 ${types}\n`);
  });

  test.each(['framing', 'protocol'])('a bundle for browsers imports nothing of Node: %s', async entry => {
    const { outputFiles } = await build({
      stdin: { contents: `export * from 'ws101/${entry}'`, resolveDir: installed.folder },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
    });
    expect(outputFiles[0]!.text).not.toContain('node:');
  });

  test('has the command', async () => {
    const command = join(installed.folder, 'node_modules/.bin/ws101');
    const { version } = JSON.parse(await read('package.json')) as { version: string };
    expect(await installed.run(command, '--version')).toBe(`${version}\n`);
    expect(await installed.run(command, '--help')).toContain('ws101 connect');
    const child = execFile(command, ['connect'], () => {});
    child.stdin?.end('hello\n');
    const [stdout = '', code] = await Promise.all([
      child.stdout?.toArray().then(parts => parts.join('')),
      new Promise(resolve => child.on('exit', resolve)),
    ]);
    expect({ stdout, code }).toEqual({ stdout: 'hello\n', code: 0 });
  });
});

describe('the tarball', () => {
  test('has the build, its manifest and four documents', () => {
    const rest = installed.files.filter(path => !path.startsWith('dist/'));
    expect(rest).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']);
    const unexpected = installed.files.filter(
      path => /^dist\//.test(path) && !/\.(c?js|c?js\.map|d\.c?ts|html)$/.test(path),
    );
    expect(unexpected).toEqual([]);
  });

  test('has at most 100 files and 550 kB, of which the library has at most 350 kB', async () => {
    expect(installed.files.length).toBeLessThanOrEqual(100);
    const { size } = await stat(installed.tarball);
    expect(size).toBeLessThanOrEqual(550_000);
    const tools = installed.files.filter(path => /^dist\/(cli\/|(node\/)?(tools|wire)\.|inspector\.html$)/.test(path));
    const compressed = await Promise.all(tools.map(async path => gzipSync(await read(path)).length));
    expect(size - compressed.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(350_000);
  });

  test('has every file that package.json names, and the manifest names the sources nowhere', async () => {
    const named: string[] = [];
    JSON.stringify(JSON.parse(await read('package.json')), (key, value) => {
      if (typeof value === 'string' && /^(\.\/)?(dist|src)\//.test(value)) named.push(posix.normalize(value));
      return key === 'files' ? undefined : value;
    });
    expect(named.length).toBeGreaterThanOrEqual(12);
    for (const path of named) expect(installed.files).toContain(path);
    expect(await read('package.json')).not.toContain('ws101-source');
  });

  test('has source maps that contain the sources, each line at its number', async () => {
    const maps = installed.files.filter(path => path.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(4);
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(await read(path)) as {
        sources: string[];
        sourcesContent: string[];
      };
      expect(sourcesContent).toHaveLength(sources.length);
      for (const [i, source] of sources.entries()) {
        const file = join(ROOT, posix.join(posix.dirname(path), source));
        const lines = (await readFile(file, 'utf8')).split('\n');
        const embedded = sourcesContent[i]!.split('\n');
        expect(embedded).toHaveLength(lines.length);
        // A line without its comment begins as the line does.
        expect(embedded.filter((line, number) => !lines[number]!.startsWith(line))).toEqual([]);
        expect(embedded.some(line => /\b(import|export|const|function)\b/.test(line))).toBe(true);
      }
    }
  });

  test('has source maps that turn a stack trace into lines of the sources', async () => {
    const script = `try { require('ws101').prepareMessage(3); } catch (error) { console.log(error.stack); }`;
    const stack = await installed.run(process.execPath, '--enable-source-maps', '-e', script);
    const [, place, line] = /at toTextOrBytes \(.*\/src\/(connection\/payload\.ts):(\d+)/.exec(stack) ?? [];
    const source = (await readFile(join(ROOT, 'src', place!), 'utf8')).split('\n');
    expect(source[Number(line) - 1]).toContain('throw invalidType(');
  });

  test('names no place on the machine that it was built on', async () => {
    for (const path of installed.files) expect(await read(path)).not.toContain(ROOT);
  });
});
