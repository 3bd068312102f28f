/**
 * Loaded into a server with `node --import`. Records the heap in use every 50 ms, and the heap after each collection,
 * and writes both to the file HEAP_PROBE on exit, as [milliseconds, bytes].
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
