/**
 * Prints the `bufferedAmount` of a connection whose peer does not read, and how many bytes its output holds, while two
 * others echo. The argument says what 4,000 small things are queued for it: `messages`, `pings` or `prepared`. It runs
 * in a process of its own, with --expose-gc.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { prepareMessage, type WebSocketConnection, WebSocketServer } from '../../src/index.js';
import { FRAMES } from '../helpers/frames.js';
import { heldMemory } from '../soak/measure.js';
import { connectRaw } from '../soak/wire.js';

const QUEUED: Readonly<Record<string, (connection: WebSocketConnection) => unknown>> = {
  messages: connection => connection.send('x'),
  pings: connection => connection.ping('x'),
  prepared: connection => connection.send(prepareMessage('x')),
};

const queue = QUEUED[process.argv[2]!]!;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', pingInterval: 0 });
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const slowPeer = await connectRaw(port);
const [slow] = server.clients as unknown as [WebSocketConnection];
slowPeer.pause();
const busy = [await connectRaw(port), await connectRaw(port)];
for (const connection of server.clients)
  if (connection !== slow) connection.on('message', data => connection.send(data));
for (const socket of busy) socket.resume();
// Fills the kernel's buffers.
while (slow.bufferedAmount < 100_000) {
  slow.send(Buffer.alloc(65_536));
  await setImmediate();
}

const frame = FRAMES.client.binary(Buffer.alloc(30_000));
const sentBefore = slow.bufferedAmount;

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (const socket of busy) socket.write(frame);
    await once(busy[0]!, 'data');
    queue(slow);
    await setImmediate();
  }
}

await rounds(50);
const before = await heldMemory();
await rounds(4_000);
console.log(JSON.stringify({ held: (await heldMemory()) - before, bufferedAmount: slow.bufferedAmount - sentBefore }));
process.exit();
