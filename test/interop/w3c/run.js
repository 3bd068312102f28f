/** Runs one of the cases in a Node with its own WebSocket. Usage: node run.js CASE URL. Prints the result as JSON. */
import { cases } from './cases.js';

const [name = '', url = ''] = process.argv.slice(2);
console.log(JSON.stringify(await cases[name](url)));
