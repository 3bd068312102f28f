/**
 * Builds dist/: the code as CommonJS, an ES module for each entry point that exports the same objects, and one set of
 * declarations. Code that several entry points use is in shared files. So every class exists once in a program, however
 * it loads the package.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';
import { minifySync, parseSync } from 'rolldown/utils';
import { dts } from 'rolldown-plugin-dts';
import { entryPoints } from './entry-points.mjs';
import { inspectorPage, playgroundPage } from './inspector-page.mjs';

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
    { name: 'deflate', test: /src.(permessage-deflate|ws-option-names)\b/ },
  ],
};

const sources = Object.fromEntries(entryPoints.map(({ name, source }) => [name, join(root, source)]));
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

const { output } = await buildCode({ ...sources, ...node }, 'cjs', 'cjs', {
  plugins: [
    {
      name: 'library',
      resolveId: (id, importer) => (isIn('src/tools', importer) ? entryPointAsPackage(id, importer) : null),
    },
  ],
});
mkdirSync(join(dist, 'node'));
for (const { name, hasDefault } of entryPoints) {
  writeModules(name, output.find(chunk => chunk.name === name).exports, hasDefault);
}
await buildCode(browser, 'es', 'js');
await buildCode(command, 'es', 'js', {
  codeSplitting: false,
  // Nobody reads it: it has no map, and its errors are messages for people.
  minify: true,
  plugins: [{ name: 'library', resolveId: entryPointAsPackage }],
});
writeFileSync(join(dist, 'inspector.html'), await inspectorPage());
// Committed, so that it opens from a checkout without a build.
mkdirSync(join(root, 'docs/playground'), { recursive: true });
writeFileSync(join(root, 'docs/playground/index.html'), await playgroundPage());
await buildDeclarations();
rmSync(declarations, { recursive: true });

/** The docstrings are in the declarations. */
async function buildCode(input, format, ending, { plugins, codeSplitting = SHARED, minify = false } = {}) {
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
      entryPoints.some(entry => entry.name === name && entry.hasDefault)
        ? "module.exports = Object.defineProperty(exports.default, 'default', { value: exports.default });"
        : '',
    entryFileNames: `[name].${ending}`,
    chunkFileNames: `shared/[name].${ending}`,
    minify,
    minifyInternalExports: false,
    comments: false,
    sourcemap: 'hidden',
    codeSplitting,
    plugins: [
      {
        name: 'fast-commonjs',
        renderChunk: (code, { name }) => {
          if (format !== 'cjs') return null;
          const plain = withPlainExports(withLazyModules(code));
          return { code: isTool(name) ? minifySync(`${name}.cjs`, plain).code : plain, map: null };
        },
      },
      { name: 'source-maps', writeBundle: (_, files) => Object.values(files).forEach(writeSourceMap) },
    ],
  });
  await bundle.close();
  return result;
}

/**
 * Exports values instead of getters: files of the package call each other for every message, and no exported variable
 * changes. The exports are the last lines, so the source maps still fit.
 */
function withPlainExports(code) {
  const getter =
    /^Object\.defineProperty\(exports, ["'](\w+)["'], \{\s+enumerable: true,\s+get: function \(\) \{\s+return ([\w.$]+);\s+\}\s+\}\);/gm;
  return code.replace(getter, 'exports.$1 = $2;');
}

/**
 * Loads modules of Node at their first use if they are slow, since many programs need them late or never. Of the 30 ms
 * that loading everything takes on Node 24, node:crypto and node:tls take 10, node:zlib 3 and node:http 2. Lines stay as
 * they are, so the source maps still fit.
 */
function withLazyModules(code) {
  const isLazy = new Set();
  const declared = code.replace(
    /^let (node_(?:crypto|dns|http|tls|zlib)) = (require\("node:\w+"\));$/gm,
    (_, name, load) => {
      isLazy.add(name);
      return `let ${name}_; const ${name} = () => (${name}_ ??= ${load});`;
    },
  );
  return [...isLazy].reduce(
    (text, name) =>
      text
        .replace(new RegExp(`^${name} = .*__toESM\\(${name}.*$`, 'm'), '')
        .replaceAll(`${name}.default.`, `${name}().`)
        .replaceAll(`${name}.`, `${name}().`),
    declared,
  );
}

/**
 * Writes the ES modules of an entry point: one for every tool, and one for Node itself. Node 20 takes 25 ms longer to
 * import a CommonJS file than to require it.
 */
function writeModules(name, exports, hasDefault) {
  const names = exports.filter(name => name !== 'default').join(', ');
  const rest = `export const { ${names} } = main;\n${hasDefault ? 'export default main;\n' : ''}`;
  writeFileSync(join(dist, `${name}.js`), `import main from './${name}.cjs';\n${rest}`);
  const load = `process.getBuiltinModule('node:module').createRequire(import.meta.url)('../${name}.cjs')`;
  writeFileSync(join(dist, `node/${name}.js`), `const main = ${load};\n${rest}`);
}

function isIn(folder, path) {
  return path?.startsWith(join(root, folder) + sep) === true;
}

function isTool(name) {
  return entryPoints.some(entry => entry.name === name && entry.isTool);
}

/**
 * The command and the tools import the entry points by their names. If it shared files with them, `index.js` would be two files, and
 * slower to load.
 */
function entryPointAsPackage(id, importer) {
  if (importer === undefined) return null;
  const source = join(importer, '..', id).replace(/\.js$/, '.ts');
  const entry = entryPoints.find(entry => join(root, entry.source) === source);
  return entry === undefined ? null : { id: entry.subpath.replace('.', 'ws101'), external: true };
}

/**
 * Replaces the map of a file with one that maps lines, not columns. It is a third of the size, and enough for stack
 * traces and breakpoints. The command and the tools have no map: their errors are messages for people.
 */
function writeSourceMap({ fileName, map }) {
  if (!map) return;
  const path = join(dist, `${fileName}.map`);
  rmSync(path, { force: true });
  if (fileName.startsWith('cli/') || isTool(basename(fileName, '.cjs')) || map.sources.length === 0) return;
  const mappings = decode(map.mappings).map(segments => linesOf(segments));
  const { version, sources } = map;
  const sourcesContent = map.sourcesContent.map(codeOf);
  writeFileSync(path, JSON.stringify({ version, sources, sourcesContent, names: [], mappings: encode(mappings) }));
  appendFileSync(join(dist, fileName), `//# sourceMappingURL=${basename(path)}\n`);
}

/**
 * Removes what no stack trace names: comments, imports and types, which are more than half of the text. Keeps every line
 * at its number.
 */
function codeOf(source) {
  const { program, comments } = parseSync('source.ts', source);
  const isType = ({ type, declaration }) =>
    /^(ImportDeclaration|TSInterfaceDeclaration|TSTypeAliasDeclaration)$/.test(declaration?.type ?? type);
  let text = '';
  let end = 0;
  for (const part of [...comments, ...program.body.filter(isType)].sort((a, b) => a.start - b.start)) {
    if (part.start < end) continue;
    text += source.slice(end, part.start) + source.slice(part.start, part.end).replace(/[^\n]/g, '');
    end = part.end;
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
  for (const { name, hasDefault } of entryPoints) {
    const all = `export * from './${name}.cjs';\n`;
    // The default export of a CommonJS file is module.exports for TypeScript, whatever the file declares.
    const main = `import { WebSocket } from './${name}.cjs';\nexport default WebSocket;\n`;
    writeFileSync(join(dist, `${name}.d.ts`), hasDefault ? all + main : all);
  }
}
