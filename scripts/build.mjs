/**
 * Builds dist/: the JavaScript as ES modules and as CommonJS, and one set of declarations for both. Each entry point is
 * one file. Code that several entry points use is in shared files, so every class exists once.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';
import { parseSync } from 'rolldown/utils';
import { dts } from 'rolldown-plugin-dts';
import { entryPoints } from './entry-points.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
// The compiler's declarations, one file per source. They are only the input of the bundle.
const declarations = join(dist, 'declarations');

/** package.json resolves `#platform` where the package is used: Node and browsers get different files. */
const external = [/^node:/, '#platform'];

/** Few shared files: each file that an entry point loads takes about 1 ms. */
const SHARED = {
  groups: [
    { name: 'codec', test: /src.(framing|protocol|errors|host-values|header-fields)\b/ },
    { name: 'handshake', test: /src.handshake\b/ },
  ],
};

const inputOf = entries => Object.fromEntries(entries.map(({ name, source }) => [name, join(root, source)]));
const commonJs = entryPoints.filter(({ isCommonJs }) => isCommonJs);
const modules = entryPoints.filter(({ isCommonJs }) => !isCommonJs);
const node = { 'platform/node': join(root, 'src/platform/node.ts') };
const browser = { 'platform/web': join(root, 'src/platform/web.ts') };
const command = { 'cli/main': join(root, 'src/cli/main.ts') };

// Removes the last build, so that a file deleted from src/ does not stay in the package.
rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', declarations],
  ],
  { stdio: 'inherit' },
);

await buildCode({ ...inputOf(modules), ...node, ...browser }, 'es', 'js');
await buildCode(command, 'es', 'js', {
  codeSplitting: false,
  plugins: [{ name: 'library', resolveId: libraryAsPackage }],
});
const { output } = await buildCode({ ...inputOf(entryPoints), ...node }, 'cjs', 'cjs');
for (const { name } of commonJs) writeModule(name, output.find(chunk => chunk.name === name).exports);
await buildDeclarations();
rmSync(declarations, { recursive: true });

/** The CommonJS files have no maps, to keep the package small. The docstrings are in the declarations. */
async function buildCode(input, format, ending, { plugins, codeSplitting = SHARED } = {}) {
  const bundle = await rolldown({
    input,
    external,
    platform: 'node',
    plugins,
    tsconfig: join(root, 'tsconfig.build.json'),
  });
  const result = await bundle.write({
    dir: dist,
    format,
    exports: 'named',
    // TypeScript without `esModuleInterop` reads the property `default`.
    footer: ({ name }) =>
      commonJs.some(entry => entry.name === name)
        ? "module.exports = Object.defineProperty(exports.default, 'default', { value: exports.default });"
        : '',
    entryFileNames: `[name].${ending}`,
    chunkFileNames: `shared/[name].${ending}`,
    minifyInternalExports: false,
    comments: false,
    sourcemap: format === 'es' && 'hidden',
    codeSplitting,
    plugins: [
      {
        name: 'builtins',
        renderChunk: code => (format === 'es' ? { code: withoutSlowImports(code), map: null } : null),
      },
      { name: 'source-maps', writeBundle: (_, files) => Object.values(files).forEach(writeSourceMap) },
    ],
  });
  await bundle.close();
  return result;
}

/** Writes the ES module of a CommonJS file, so that `import` and `require` get the same objects. */
function writeModule(name, exports) {
  const names = exports.filter(name => name !== 'default').join(', ');
  writeFileSync(
    join(dist, `${name}.js`),
    `import main from './${name}.cjs';\nexport const { ${names} } = main;\nexport default main;\n`,
  );
}

/** The command imports the library by its name. If it shared files with it, `index.js` would be two files, and slower to load. */
function libraryAsPackage(id, importer) {
  return importer !== undefined && join(importer, '..', id) === join(root, 'src/index.js')
    ? { id: 'ws101', external: true }
    : null;
}

/**
 * Gets modules of Node without `import` if that is slow. `import` reads every export once, and some are getters that load or
 * compute much: `tls.rootCertificates` takes 5 ms on Node 20, those of `events` and `crypto` 2 ms
 * on Node 24, and `http.WebSocket` there loads fetch, in 20 ms. An entry
 * point takes 30 ms in all. Lines stay as they are, so the source maps still fit.
 */
function withoutSlowImports(code) {
  return code.replace(
    /^import (?:(\w+)(?:, | ))?(?:\{([^}]*)\} ?)?from "(node:(?:tls|events|crypto|http|util))";$/gm,
    (_, name, names, module) => {
      const targets = [name, names && `{${names.replaceAll(' as ', ': ')}}`].filter(Boolean);
      return targets.map(target => `const ${target.trim()} = process.getBuiltinModule("${module}");`).join(' ');
    },
  );
}

/**
 * Replaces the map of a file with one that maps lines, not columns. It is a third of the size, and enough for stack
 * traces and breakpoints. The command has no map: its errors are messages for people.
 */
function writeSourceMap({ fileName, map }) {
  if (!map) return;
  const path = join(dist, `${fileName}.map`);
  rmSync(path, { force: true });
  if (fileName.startsWith('cli/') || map.sources.length === 0) return;
  const mappings = decode(map.mappings).map(segments => linesOf(segments));
  const { version, sources } = map;
  const sourcesContent = map.sourcesContent.map(withoutComments);
  writeFileSync(path, JSON.stringify({ version, sources, sourcesContent, names: [], mappings: encode(mappings) }));
  appendFileSync(join(dist, fileName), `//# sourceMappingURL=${basename(path)}\n`);
}

/** Removes the comments, which are half of the text, and keeps every line at its number. */
function withoutComments(source) {
  let text = '';
  let end = 0;
  for (const comment of parseSync('source.ts', source).comments) {
    text += source.slice(end, comment.start) + '\n'.repeat(comment.value.split('\n').length - 1);
    end = comment.end;
  }
  return (text + source.slice(end)).replace(/[ \t]+$/gm, '');
}

/** Keeps the first segment of a line, and each that begins another line of the source. */
function linesOf(segments) {
  return segments
    .filter(([, source, line], i) => i === 0 || source !== segments[i - 1][1] || line !== segments[i - 1][2])
    .map(([column, ...position], i) => [i === 0 ? 0 : column, ...position.slice(0, 3)]);
}

/**
 * Writes the declarations as .d.cts files. Each .d.ts file is an `export *` from its .d.cts file. Otherwise each class
 * with private members would be two types, and a program in both formats could not pass one to the other.
 */
async function buildDeclarations() {
  const bundle = await rolldown({
    input: Object.fromEntries(
      entryPoints.map(({ name, source }) => [
        name,
        join(declarations, source.replace('./src/', '').replace(/\.ts$/, '.d.ts')),
      ]),
    ),
    external,
    plugins: [dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false })],
  });
  const { output } = await bundle.write({
    dir: dist,
    format: 'es',
    entryFileNames: '[name].d.cts',
    chunkFileNames: 'shared/[name].d.cts',
    minifyInternalExports: false,
  });
  await bundle.close();
  // Without `esModuleInterop`, a module of Node has no default export.
  for (const { fileName, code } of output) {
    const text = code.replace(
      /^import (\w+)(?:, (\{[^}]*\}))? from ("node:[^"]+");$/gm,
      (_, name, names, from) => `import * as ${name} from ${from};${names ? `\nimport ${names} from ${from};` : ''}`,
    );
    writeFileSync(join(dist, fileName), text);
  }
  for (const { name, isCommonJs } of entryPoints) {
    const all = `export * from './${name}.cjs';\n`;
    // The default export of a CommonJS file is module.exports for TypeScript, whatever the file declares.
    const main = `import { WebSocket } from './${name}.cjs';\nexport default WebSocket;\n`;
    writeFileSync(join(dist, `${name}.d.ts`), isCommonJs ? all + main : all);
  }
}
