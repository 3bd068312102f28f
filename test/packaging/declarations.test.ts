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

test.each(COMBINATIONS)('the declarations compile with TypeScript %s and @types/node %i', async (typescript, major) => {
  const folder = join(installed.folder, `${typescript}-${major}`);
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(join(VERSIONS, `types-node-${major}`), join(folder, 'node_modules/@types/node'));
  // Before TypeScript 5.8, a CommonJS file must not `require` an ES module.
  await cp(new URL('consumers/esm.mts', import.meta.url), join(folder, 'esm.mts'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    resolveJsonModule: true,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: ['node_modules/@types'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await installed.run(process.execPath, compilerOf(typescript), '-p', folder);
});
