/** The process under test: plays the scene that its first argument names, with the library at the URL that is its second. */
import { play } from './scenes.js';

const [scene = '', library = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const counts = await play(scene, await import(library));
  process.send?.(counts, () => process.exit());
}

void main();
