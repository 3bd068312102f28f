import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
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

const ENTRY_POINTS = ['ws101', 'ws101/framing', 'ws101/handshake', 'ws101/protocol'];

describe('the installed package', () => {
  test('brings nothing with it', async () => {
    const list = JSON.parse(await installed.run('npm', 'ls', '--all', '--json')) as { dependencies: object };
    expect(list.dependencies).toEqual({ ws101: expect.not.objectContaining({ dependencies: expect.anything() }) });
    expect(JSON.parse(await read('package.json'))).not.toHaveProperty('dependencies');
  });

  test.each([...ENTRY_POINTS, 'ws101/package.json'])('gives the same by import and by require: %s', async entry => {
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

  test.each(['framing', 'protocol'])('gives bundlers for browsers nothing of Node: %s', async entry => {
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
  test('has what is needed, and nothing else', () => {
    const rest = installed.files.filter(path => !/^(dist|src|docs)\//.test(path));
    expect(rest).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']);
    const superfluous = installed.files.filter(path => /\.test\.|(^|\/)(test|bench|coverage|\.ci)\//.test(path));
    expect(superfluous).toEqual([]);
  });

  test('has every file that package.json names', async () => {
    const named: string[] = [];
    JSON.stringify(JSON.parse(await read('package.json')), (key, value) => {
      if (typeof value === 'string' && /^(\.\/)?(dist|src)\//.test(value)) named.push(posix.normalize(value));
      return key === 'files' ? undefined : value;
    });
    expect(named.length).toBeGreaterThanOrEqual(12);
    for (const path of named) expect(installed.files).toContain(path);
  });

  test('is built from all of src and from nothing else', () => {
    const sources = installed.files.filter(path => path.startsWith('src/'));
    const built = sources.flatMap(path => {
      const name = path.replace(/^src\//, 'dist/').replace(/\.ts$/, '');
      return [`${name}.d.ts`, `${name}.d.ts.map`, `${name}.js`, `${name}.js.map`];
    });
    expect(installed.files.filter(path => path.startsWith('dist/'))).toEqual(built.sort());
  });

  test('has the sources that its source maps name', async () => {
    const maps = installed.files.filter(path => path.endsWith('.map'));
    for (const path of maps) {
      const { sources, sourceRoot = '' } = JSON.parse(await read(path)) as { sources: string[]; sourceRoot?: string };
      expect(sources).toHaveLength(1);
      for (const source of sources) {
        expect(installed.files).toContain(posix.join(posix.dirname(path), sourceRoot, source));
      }
    }
  });

  test('names no place on the machine that it was built on', async () => {
    for (const path of installed.files) expect(await read(path)).not.toContain(ROOT);
  });
});
