import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { InstalledPackage, ROOT } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.make();
});

afterAll(() => installed?.remove());

/** Installed by types/package.json. */
const VERSIONS = fileURLToPath(new URL('types/node_modules', import.meta.url));

/** The compilers with the major versions of @types/node that each is run with. @types/node 26 itself needs TypeScript 5.6. */
const MATRIX: Readonly<Record<string, readonly number[]>> = {
  '5.4': [20, 22, 24, 25],
  '5.9': [20, 26],
  '6.0': [20, 26],
  newest: [20, 22, 24, 25, 26],
};

const compilerOf = (version: string): string =>
  version === 'newest'
    ? join(ROOT, 'node_modules/typescript/bin/tsc')
    : join(VERSIONS, `typescript-${version}/bin/tsc`);

const COMBINATIONS = Object.entries(MATRIX).flatMap(([typescript, majors]) =>
  majors.map(major => [typescript, major] as const),
);

/** Compiles consumers of the package with the given options, as a strict application that checks every declaration file. */
async function compile(
  files: readonly string[],
  typescript: string,
  major: number,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const folder = join(
    installed.folder,
    `${typescript}-${major}-${options.module}-${options.moduleResolution}-${String(options.lib)}`,
  );
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(join(VERSIONS, `types-node-${major}`), join(folder, 'node_modules/@types/node'));
  for (const file of files) await cp(new URL(`consumers/${file}`, import.meta.url), join(folder, file));
  const compilerOptions = {
    target: 'es2022',
    resolveJsonModule: true,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: ['node_modules/@types'],
    ...options,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await installed.run(process.execPath, compilerOf(typescript), '-p', folder);
}

test.each(COMBINATIONS)('ES modules and CommonJS compile with TypeScript %s and @types/node %i', (typescript, major) =>
  compile(['esm.mts', 'cjs.cts'], typescript, major, { module: 'nodenext', moduleResolution: 'nodenext' }),
);

test.each(['5.4', 'newest'])('applications of bundlers compile with TypeScript %s', typescript =>
  compile(['plain.ts'], typescript, 20, { module: 'esnext', moduleResolution: 'bundler' }),
);

test.each(['5.4', 'newest'])('WebSocket is that of lib.dom with TypeScript %s', typescript =>
  compile(['browser.ts'], typescript, 20, { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] }),
);

test.each(['5.4'])('CommonJS with node16 resolution compiles with TypeScript %s', typescript =>
  compile(['plain.ts'], typescript, 20, { module: 'node16', moduleResolution: 'node16' }),
);

// TypeScript 7 has no classic resolution.
test.each([
  ['5.4', {}],
  ['6.0', { ignoreDeprecations: '6.0' }],
])('CommonJS with classic resolution (node10) compiles with TypeScript %s', (typescript, options) =>
  compile(['plain.ts'], typescript, 20, { module: 'commonjs', moduleResolution: 'node10', ...options }),
);
