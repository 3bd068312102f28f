/**
 * Replaces package.json while `npm pack` or `npm publish` runs. `write` puts the published one in its place, which
 * names only files that are shipped. `restore` brings back the repository's own, even after a run that was killed.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SOURCE } from './entry-points.mjs';

const manifest = fileURLToPath(new URL('../package.json', import.meta.url));
const saved = fileURLToPath(new URL('../node_modules/.ws101-package.json', import.meta.url));

/**
 * `import` gets a module that exports the objects of the CommonJS file, so one program has one copy, whichever it uses.
 *
 * - `types`: TypeScript. `require` selects the declarations of CommonJS.
 * - `module`: bundlers, which must find the CommonJS file by an import.
 * - `module-sync`: Node.
 */
function conditionsOf(target) {
  const name = target.default.replace(/^\.\/dist\/|\.js$/g, '');
  return {
    types: { require: `./dist/${name}.d.cts`, default: `./dist/${name}.d.ts` },
    module: { import: `./dist/${name}.js` },
    require: `./dist/${name}.cjs`,
    'module-sync': `./dist/node/${name}.js`,
    default: `./dist/${name}.js`,
  };
}

function publishedManifest({ exports, imports, scripts, devDependencies: _, overrides: __, ...rest }) {
  const isEntryPoint = target => target[SOURCE] !== undefined;
  const published = Object.entries(exports).map(([subpath, target]) => [
    subpath,
    isEntryPoint(target) ? conditionsOf(target) : target,
  ]);
  const { [SOURCE]: ___, ...platform } = imports['#platform'];
  // TypeScript's classic resolution (`moduleResolution: node10`) reads neither `exports` nor the ending .d.ts of a module.
  const typesVersions = Object.entries(exports)
    .filter(([subpath, target]) => subpath !== '.' && isEntryPoint(target))
    .map(([subpath, target]) => [subpath.slice(2), [target.default.replace(/\.js$/, '.d.cts')]]);
  return {
    ...rest,
    // npm reads `postpack` from this file. `prepare` would build again, without the sources' condition.
    scripts: { postpack: scripts.postpack },
    main: './dist/index.cjs',
    types: './dist/index.d.cts',
    typesVersions: { '*': Object.fromEntries(typesVersions) },
    exports: Object.fromEntries(published),
    imports: { '#platform': platform },
  };
}

const [action] = process.argv.slice(2);
if (action === 'write') {
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(saved, text);
  writeFileSync(manifest, `${JSON.stringify(publishedManifest(JSON.parse(text)), null, 2)}\n`);
} else if (action === 'restore') {
  if (existsSync(saved)) renameSync(saved, manifest);
} else {
  console.error('usage: node scripts/published-manifest.mjs write | restore');
  process.exitCode = 2;
}
