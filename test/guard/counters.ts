/** The counters of the process under test. */
import { createHook } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import v8 from 'node:v8';

/** The handle of a socket. Each call of these methods is a system call, or a request that waits for one. */
type Handle = Record<(typeof WRITES)[number], ((...args: unknown[]) => unknown) | undefined>;

const WRITES = [
  'writeBuffer',
  'writev',
  'writeUtf8String',
  'writeLatin1String',
  'writeAsciiString',
  'writeUcs2String',
] as const;

/** Collects all TCP sockets that this process opens from now on. */
export function watchSockets(): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  diagnostics.subscribe('net.server.socket', watch);
  diagnostics.subscribe('net.client.socket', watch);
  return sockets;
}

/** Counts how often the sockets' handles are told to write during `act`. */
export async function countWrites(sockets: Iterable<Socket>, act: () => Promise<void>): Promise<number> {
  let writes = 0;
  // The methods are inherited, so that deleting the own property restores them.
  const handles = Array.from(sockets, socket => (socket as unknown as { _handle: Handle })._handle);
  for (const handle of handles) {
    for (const name of WRITES) {
      const write = handle[name];
      if (write === undefined) continue;
      handle[name] = function (this: Handle, ...args) {
        writes++;
        return write.apply(this, args);
      };
    }
  }
  await act();
  for (const handle of handles) for (const name of WRITES) delete (handle as Partial<Handle>)[name];
  return writes;
}

export interface Allocated {
  /** Bytes of the young generation, in which every object starts. */
  readonly heap: number;
  /** Bytes of ArrayBuffers, which are outside the heap. */
  readonly buffers: number;
}

/** Measures what `act` allocates. @throws if a garbage collection spoilt the count */
export async function countAllocations(act: () => Promise<void>): Promise<Allocated> {
  const samples: Allocated[] = [];
  for (let i = 0; i < 3; i++) samples.push(await sampleAllocations(act));
  // Work that has nothing to do with the messages, such as a timer of Node, only adds to a sample.
  return { heap: Math.min(...samples.map(s => s.heap)), buffers: Math.min(...samples.map(s => s.buffers)) };
}

async function sampleAllocations(act: () => Promise<void>): Promise<Allocated> {
  await collectGarbage();
  let collections = 0;
  const begin = performance.now();
  const observer = new PerformanceObserver(list => {
    collections += list.getEntries().filter(entry => entry.startTime > begin).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const heap = youngHeap();
  const { arrayBuffers } = process.memoryUsage();
  await act();
  const allocated = { heap: youngHeap() - heap, buffers: process.memoryUsage().arrayBuffers - arrayBuffers };
  // The entries arrive later.
  await turns();
  observer.disconnect();
  if (collections > 0) throw new Error(`${collections} garbage collections spoilt the count: use a smaller scene`);
  return allocated;
}

function youngHeap(): number {
  let bytes = 0;
  for (const space of v8.getHeapSpaceStatistics()) {
    if (/^new_/.test(space.space_name)) bytes += space.space_used_size;
  }
  return bytes;
}

/**
 * Returns how many bytes this process holds after a garbage collection: the heap and `external`, which includes
 * ArrayBuffers.
 */
export async function heldMemory(): Promise<number> {
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Counts the timers that `act` started and that are still active. */
export async function countTimers(act: () => Promise<void>): Promise<number> {
  const timers = new Set<number>();
  const hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') timers.add(id);
    },
    destroy: id => timers.delete(id),
  });
  hook.enable();
  await act();
  // A timer's end is reported later.
  await turns();
  hook.disable();
  return timers.size;
}

async function collectGarbage(): Promise<void> {
  // Some memory is freed by callbacks after a collection.
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await turns();
  }
}

/** Waits for `count` turns of the event loop. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve));
}
