/**
 * The entry points that `exports` of package.json lists. To add one, add a line there: the build and the published
 * package.json are made from it.
 */
import { readFileSync } from 'node:fs';

/** The condition under which this repository's own tools run the sources. */
export const SOURCE = 'ws101-source';

export const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * Each entry point: `subpath` as in `exports`, `name` of its files in dist/ without an ending, `source` from the root.
 * `hasDefault`: require() returns the default export, with the other exports as its properties. A target with `require` asks
 * for that. `isTool`: what shows the wire. Programs that only use WebSockets do not load it, so it is minified and has no
 * source map.
 *
 * @type {{ subpath: string, name: string, source: string, hasDefault: boolean, isTool: boolean }[]}
 */
export const entryPoints = Object.entries(manifest.exports)
  .filter(([, target]) => target[SOURCE] !== undefined)
  .map(([subpath, target]) => ({
    subpath,
    name: target.default.replace(/^\.\/dist\/|\.js$/g, ''),
    source: target[SOURCE],
    hasDefault: target.require !== undefined,
    isTool: ['wire', 'tools'].includes(subpath.slice(2)),
  }));
