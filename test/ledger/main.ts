/**
 * `npm run ledger` generates docs/rfc6455.md and docs/rfc7692.md.
 *
 * `npm run ledger -- --rfc6455 rfc6455.txt` instead compares the ledger with the text of its RFC: the count of the
 * keywords, and the quotes. The texts are not in this repository.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shownRows } from './evidence.js';
import { disagreements } from './keywords.js';
import { pageOf } from './page.js';
import { RFC6455 } from './rfc6455.js';
import { RFC7692 } from './rfc7692.js';

const { values } = parseArgs({ options: { rfc6455: { type: 'string' }, rfc7692: { type: 'string' } } });
const texts = [
  [RFC6455, values.rfc6455],
  [RFC7692, values.rfc7692],
] as const;

if (texts.every(([, path]) => path === undefined)) {
  const shown = shownRows();
  for (const [ledger] of texts) {
    writeFileSync(new URL(`../../docs/rfc${ledger.rfc}.md`, import.meta.url), pageOf(ledger, shown));
  }
}

for (const [ledger, path] of texts) {
  if (path === undefined) continue;
  const found = disagreements(ledger, readFileSync(path, 'utf8'));
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.log(`RFC ${ledger.rfc}: ${ledger.rows.length} rows agree with ${path}`);
}
