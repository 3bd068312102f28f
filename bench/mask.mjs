/**
 * Masks 64 KiB in place, for a number of seconds, with the implementation that the first argument names. Prints how
 * many GB it masks per second of CPU time. It is a process of its own, like servers and clients.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const SIZE = 65_536;
const KEY = 0x91a2b3c4 | 0;

const [subject, seconds] = process.argv.slice(2);
const bytes = Buffer.allocUnsafeSlow(SIZE).fill('ws101');

async function subjectOf() {
  if (subject === 'memcpy') {
    const target = Buffer.allocUnsafeSlow(SIZE);
    return () => target.set(bytes);
  }
  if (subject === 'ws101') {
    const dist = process.env.WS101_DIST ?? resolve(import.meta.dirname, '../dist');
    const { maskInPlace } = await import(pathToFileURL(resolve(dist, 'framing.js')).href);
    return () => maskInPlace(bytes, 0, SIZE, KEY, 0);
  }
  // The function that the receiver of ws calls: bufferutil's, or ws's own loop if WS_NO_BUFFER_UTIL is set.
  const { unmask } = createRequire(import.meta.url)(resolve(import.meta.dirname, 'node_modules/ws/lib/buffer-util.js'));
  const key = Buffer.of(0x91, 0xa2, 0xb3, 0xc4);
  return () => unmask(bytes, key);
}

/** Runs it for some time. Returns GB per second of CPU time, and the share of the time for which it had a processor. */
function time(run, milliseconds) {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  let times = 0;
  while (performance.now() - begin < milliseconds) {
    for (let i = 0; i < 100; i++) run();
    times += 100;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { rate: (times * SIZE) / (user + system) / 1e3, share: (user + system) / 1e3 / (performance.now() - begin) };
}

const run = await subjectOf();
time(run, 200);
console.log(JSON.stringify(time(run, Number(seconds) * 1000)));
