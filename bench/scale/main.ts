/**
 * `npm run bench:scale`: measures what grows with connections, messages and time. Writes results/scale.json and the
 * report.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENDERS } from '../contenders.js';
import { describeMachine } from '../machine.js';
import { prepare } from '../prepare.js';
import { cpuByConnections, memoryByConnections } from './connections.js';
import { latencyBesideBusyPeer } from './fairness.js';
import { heapOverTime } from './heap.js';
import { cpuByMessages } from './messages.js';
import type { Curve, ScaleResults } from './results.js';

const bench = join(import.meta.dirname, '..');

prepare();
const [raw, ours, theirs] = ['raw-net', 'ws101', 'ws'].map(id => CONTENDERS.find(one => one.id === id)!);
const curves: Curve[] = [];
for (const measure of [
  () => cpuByConnections([ours!, theirs!, raw!]),
  () => memoryByConnections([ours!, theirs!]),
  () => cpuByMessages(ours!),
  () => heapOverTime(ours!),
  () => latencyBesideBusyPeer([ours!, theirs!, raw!]),
]) {
  const curve = await measure();
  curves.push(curve);
  console.log(`\n${curve.title}\n${curve.note}`);
  for (const { label, points } of curve.series) {
    const shown = points.length > 12 ? [points[0]!, points.at(-1)!] : points;
    console.log(`  ${label}: ${shown.map(([x, y]) => `${x}: ${y.toFixed(2)} ${curve.y.unit}`).join(', ')}`);
  }
}
const results: ScaleResults = { machine: describeMachine(), curves };
mkdirSync(join(bench, 'results'), { recursive: true });
writeFileSync(join(bench, 'results/scale.json'), `${JSON.stringify(results, rounded, 1)}\n`);
spawnSync(process.execPath, ['--import', 'tsx', join(bench, 'report/main.ts')], { stdio: 'inherit' });

/** Rounds to four digits. The measurements are not more precise. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
