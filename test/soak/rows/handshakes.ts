/** Opening handshakes that never finish, or cannot be accepted. */
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { activeHandles, heldMemory, percentile, until } from '../measure.js';
import { startPeer } from '../peer.js';
import { kib, ms, type Outcome, type Row, scaled } from '../row.js';
import { openServer } from '../server.js';

/** Each end of 10,000 connections needs a descriptor, and a process has other files open too. */
const DESCRIPTORS = 15_000;

/** Long enough that all clients have connected before the first one is ended, even on a slow machine. */
const DEADLINE = 30_000;

/** @param bytes how many bytes of the head each client sends before it stops */
function stalled(bytes: number): (scale: number) => Promise<Outcome> {
  return async scale => {
    const count = scaled(10_000, scale);
    const { server, port } = await openServer(() => {}, { handshakeTimeout: DEADLINE, backlog: 4_096 });
    const warmUp = startPeer('honest', { port, interval: 1 });
    await warmUp.ready;
    await wait(2_000);
    warmUp.stop();
    const usual = percentile((await warmUp.result).times, 0.99);
    const idle = activeHandles();
    const before = await heldMemory();
    const honest = startPeer('honest', { port, interval: 5 });
    const attackers = startPeer('stall', { port, count, bytes });
    await attackers.ready;
    await wait(3_000);
    honest.stop();
    const { times, failures } = await honest.result;
    const p99 = percentile(times, 0.99);
    // Measured last, because a garbage collection delays everything.
    const each = ((await heldMemory()) - before) / count;
    const { answers, seconds } = await attackers.result;
    await wait(1_500);
    const left = activeHandles() - idle;
    await server.close({ timeout: 0 });
    return {
      figure:
        `${kib(each)} each; honest p99 ${ms(p99)} (${ms(usual)} alone); all ended after ${seconds.toFixed(1)} s (${answers.join(', ')}), ` +
        `${left} handles left`,
      passed:
        each <= 16_384 &&
        p99 <= 250 &&
        failures === 0 &&
        answers.join() === 'HTTP/1.1 408 Request Timeout' &&
        left <= 0,
    };
  };
}

/** More clients than descriptors. The first clients stay and send nothing, the others try again and again. */
async function noDescriptors(): Promise<Outcome> {
  const room = 20;
  let accepted = 0;
  const { server, port } = await openServer(() => accepted++, { handshakeTimeout: 60_000 });
  const others = startPeer('honest', { port, interval: 10 });
  await until(() => accepted > 10, 10_000, 'connections');
  const files = useUpDescriptors();
  for (const file of files.splice(-room)) closeSync(file);
  const crowd = startPeer('crowd', { port, count: 5 * room });
  await crowd.ready;
  await wait(1_000);
  const before = accepted;
  // An endless loop of failing accepts would use all of this CPU time.
  const start = process.cpuUsage();
  await wait(1_000);
  const { user, system } = process.cpuUsage(start);
  const busy = (user + system) / 1_000;
  const during = accepted - before;
  crowd.stop();
  const freed = performance.now();
  await until(() => accepted > before, 10_000, 'the next client');
  const recovery = performance.now() - freed;
  await crowd.result;
  others.stop();
  const { failures } = await others.result;
  for (const file of files) closeSync(file);
  await server.close({ timeout: 0 });
  return {
    figure:
      `busy for ${ms(busy)} of a second in which ${during} clients were accepted (${failures} were turned away); ` +
      `accepted the next one ${ms(recovery)} after descriptors were free`,
    passed: busy < 500 && during === 0 && failures > 0 && recovery <= 1_000,
  };
}

function useUpDescriptors(): number[] {
  const files: number[] = [];
  try {
    for (;;) files.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
  return files;
}

const STALLED = '<= 16 KiB each, all ended by the deadline (408); honest clients p99 <= 250 ms';

export const handshakes: readonly Row[] = [
  {
    name: 'stalled-handshakes',
    fault: '10,000 clients that stop in the middle of their request',
    limit: STALLED,
    descriptors: DESCRIPTORS,
    isTiming: true,
    run: stalled(100),
  },
  {
    name: 'stalled-large-heads',
    fault: '10,000 clients that stop after 8 KiB of their request',
    limit: STALLED,
    descriptors: DESCRIPTORS,
    isTiming: true,
    run: stalled(8_192),
  },
  {
    name: 'no-descriptors',
    fault: 'EMFILE: more clients than the process has descriptors',
    limit: 'no crash, no busy loop, recovery <= 1 s',
    descriptors: 1_000,
    run: noDescriptors,
  },
];
