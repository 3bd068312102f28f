/** Runs one of the cases in a Node that has a WebSocket of its own. Usage: node run.js CASE URL. Prints what was seen as JSON. */
import { cases } from './cases.js';

const [name = '', url = ''] = process.argv.slice(2);
console.log(JSON.stringify(await cases[name](url)));
