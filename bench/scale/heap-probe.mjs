/**
 * Loaded into a server before anything of its own (`node --import`): writes how much heap it uses, every 50 ms, and how much was left behind
 * each collection, to the file HEAP_PROBE when it ends. Each as [milliseconds, bytes].
 */
import { writeFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';

const inUse = [];
const left = [];
const read = to => to.push([performance.now(), process.memoryUsage().heapUsed]);

setInterval(read, 50, inUse).unref();
new PerformanceObserver(() => read(left)).observe({ entryTypes: ['gc'] });
process.on('exit', () => writeFileSync(process.env.HEAP_PROBE, JSON.stringify({ inUse, left })));
