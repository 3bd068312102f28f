/**
 * A program for server/upgrade-memory.test.ts: plays the scene that its first argument names and prints what it counted. Needs
 * `--expose-gc`.
 */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { WebSocketServer } from '../../src/index.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { incomingRequest, request } from '../helpers/http-heads.js';

async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await turn();
    globalThis.gc?.();
  }
}

/** Opens and ends `count` connections, one by one: gives how many contexts of authorize() are still held when all have ended. */
async function heldContexts(count: number, listens: boolean): Promise<number> {
  let held = 0;
  const registry = new FinalizationRegistry<undefined>(() => void held--);
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    authorize: async (_request, { signal }) => {
      const context = { bytes: new Array(10_000).fill(0) };
      held++;
      registry.register(context, undefined);
      if (listens) signal.addEventListener('abort', () => context.bytes.fill(1));
      await turn();
      return context;
    },
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < count; i++) {
    const socket = net.connect(port, '127.0.0.1');
    const connected = once(server, 'connection');
    socket.on('error', () => {});
    socket.write(request());
    const [connection] = await connected;
    socket.destroy();
    await connection.closed;
  }
  await collectGarbage();
  await server.close();
  return held;
}

/** How many bytes `count` one-byte chunks take while authorize() waits. */
async function earlyBytes(count: number): Promise<number> {
  const server = new WebSocketServer({ noServer: true, authorize: () => new Promise(() => {}) });
  const [socket, peer] = duplexPair({ highWaterMark: 1024 });
  server.handleUpgrade(incomingRequest(), socket, Buffer.alloc(0));
  await collectGarbage();
  const memory = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = memory();
  for (let i = 0; i < count; i++) {
    // Each chunk has memory of its own, as those that node reads from a socket.
    peer.write(Buffer.from(new ArrayBuffer(1)));
    if (i % 100 === 0) await turn();
  }
  await collectGarbage();
  const taken = memory() - before;
  if (socket.destroyed) throw new Error('the socket was destroyed');
  return taken;
}

const SCENES: Readonly<Record<string, (count: number) => Promise<number>>> = {
  contexts: count => heldContexts(count, false),
  'contexts-and-listeners': count => heldContexts(count, true),
  'early-bytes': earlyBytes,
};

async function main(): Promise<void> {
  const [scene = '', count = '0'] = process.argv.slice(2);
  console.log(await SCENES[scene]!(Number(count)));
  process.exit();
}

void main();
