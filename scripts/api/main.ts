/** Writes the API reference to docs/api: one page for each entry point, made of the docstrings. `npm run docs`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { entryPoints, manifest } from '../entry-points.mjs';
import { pageOf } from './page.js';

const FOLDER = new URL('../../docs/api/', import.meta.url);

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const pages = entryPoints.map(({ subpath, name, source }) => {
  const title = subpath.replace('.', manifest.name);
  writeFileSync(new URL(`${name}.md`, FOLDER), pageOf(title, source));
  return `- [\`${title}\`](${name}.md)`;
});
writeFileSync(new URL('README.md', FOLDER), `# API reference\n\n${pages.join('\n')}\n`);
console.log(`docs/api: ${entryPoints.length} pages`);
