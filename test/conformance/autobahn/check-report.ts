import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSpec } from './spec.js';

/**
 * Reads the report that wstest wrote. The first argument is the spec. Fails unless every case is OK or INFORMATIONAL.
 */

const GOOD: readonly unknown[] = ['OK', 'INFORMATIONAL'];

interface CaseResult {
  readonly behavior: string;
  readonly behaviorClose: string;
}

const { agent, reports } = readSpec(process.argv[2]);
const index = JSON.parse(readFileSync(join(reports, 'index.json'), 'utf8'));
const results = Object.entries<CaseResult>(index[agent] ?? {});

const bad = results.filter(([, result]) => !GOOD.includes(result.behavior) || !GOOD.includes(result.behaviorClose));
for (const [id, result] of bad) console.error(`${id}: ${result.behavior}, close ${result.behaviorClose}`);
console.log(`${agent}: ${results.length} cases, ${bad.length} of them neither OK nor INFORMATIONAL`);
// A report without results is a failure.
if (bad.length > 0 || results.length === 0) process.exitCode = 1;
