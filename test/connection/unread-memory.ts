/**
 * Prints how many bytes 1,000 unread messages of one byte hold while another connection reads many small messages. It
 * runs in a process of its own, with --expose-gc.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { WebSocketServer } from '../../src/index.js';
import { FRAMES } from '../helpers/frames.js';
import { connectRaw } from '../soak/wire.js';

const MESSAGES = 1_000;

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', pingInterval: 0 });
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

/** The least of several measurements, because memory of ArrayBuffers is freed some time after the collection. */
async function held(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    globalThis.gc!();
    await setTimeout(20);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

const unread = await connectRaw(port);
const [silent] = server.clients;
const busy = await connectRaw(port);
let read = 0;
for (const connection of server.clients) if (connection !== silent) connection.on('message', () => read++);

const one = FRAMES.client.binary(Buffer.of(1));
const many = Buffer.concat(Array.from({ length: 200 }, () => FRAMES.client.binary(Buffer.alloc(40))));

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const expected = read + 200;
    unread.write(one);
    busy.write(many);
    while (read < expected) await setImmediate();
  }
}

// Lets code be compiled, and everything be created that is created once.
await rounds(20);
const before = await held();
await rounds(MESSAGES);
console.log((await held()) - before);
process.exit();
