/** The process under test. Runs the scene of the first argument with the library at the URL of the second. */
import { play } from './scenes.js';

const [scene = '', library = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const counts = await play(scene, await import(library));
  process.send?.(counts, () => process.exit());
}

void main();
