import { existsSync, readFileSync } from 'node:fs';

/** Where the page is: next to the built library or above the built command, or in the last build of a repository. */
const PLACES = ['./inspector.html', '../inspector.html', '../../../dist/inspector.html'];

/**
 * Returns the inspector page.
 *
 * @param base the URL of the file that looks for it
 * @throws if the package was not built
 */
export function readPage(base: string = import.meta.url): string {
  const file = PLACES.map(place => new URL(place, base)).find(url => existsSync(url));
  if (file === undefined) throw new Error('the inspector page was not built: run npm run build');
  return readFileSync(file, 'utf8');
}
