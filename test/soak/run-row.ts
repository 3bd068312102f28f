/** Runs one row. The arguments are its name and the scale. Sends the outcome to the parent process. */
import { ROWS } from './rows/index.js';

const [name, scale] = process.argv.slice(2);
const row = ROWS.find(candidate => candidate.name === name);
if (row === undefined) throw new Error(`no row ${name}`);
void row.run(Number(scale)).then(outcome => {
  process.send?.(outcome);
  process.disconnect?.();
});
