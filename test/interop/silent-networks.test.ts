/** Connections that die without a FIN: a laptop that sleeps, a process that hangs, a network that drops what it carries. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, reconnecting, WebSocketServer } from '../../src/index.js';

/** Short, so that the test is quick: a peer is given up after at most two seconds of silence. */
const KEEPALIVE = { pingInterval: 1_000, pingTimeout: 1_000 };

async function listening() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...KEEPALIVE });
  onTestFinished(() => server.close({ timeout: 0 }));
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** Relays TCP to a port, until it is told to drop what one side or both send, without telling either. */
async function relay(port: number) {
  const drops = { up: false, down: false };
  const sockets: Socket[] = [];
  const server = createServer(client => {
    const upstream = connectSocket(port, '127.0.0.1');
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('data', chunk => drops.up || upstream.write(chunk));
    upstream.on('data', chunk => drops.down || client.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, drops };
}

describe('a network that drops everything without a word', () => {
  test.each([
    ['both ways', { up: true, down: true }],
    ['to the server', { up: true, down: false }],
    ['to the client, as when a NAT forgets it', { up: false, down: true }],
  ])('is noticed by both ends: %s', async (_, drops) => {
    const { server, port } = await listening();
    const network = await relay(port);
    const accepted = once(server, 'connection');
    const client = await connect(`ws://127.0.0.1:${network.port}/`, KEEPALIVE);
    const [peer] = await accepted;
    Object.assign(network.drops, drops);
    const ends = await Promise.all([client.closed, peer.closed]);
    for (const { code, wasClean, cause } of ends) {
      expect({ code, wasClean }).toEqual({ code: 1006, wasClean: false });
      expect(cause).toMatchObject({ code: 'WS101_KEEPALIVE_TIMEOUT' });
    }
  });

  test('a reconnecting client is back when the network is', async () => {
    const { port } = await listening();
    const network = await relay(port);
    const client = reconnecting(`ws://127.0.0.1:${network.port}/`, {
      connect: KEEPALIVE,
      initialDelay: 10,
      maxDelay: 100,
    });
    onTestFinished(async () => void (await client.close()));
    await once(client, 'open');
    Object.assign(network.drops, { up: true, down: true });
    const lost = once(client, 'failure');
    const again = lost.then(() => {
      Object.assign(network.drops, { up: false, down: false });
      return once(client, 'open');
    });
    await again;
  });
});

const CLIENT = `
  import { reconnecting } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
  const client = reconnecting(process.argv[1], {
    connect: { pingInterval: 1000, pingTimeout: 1000 },
    initialDelay: 10,
    maxDelay: 100,
  });
  client.on('open', () => console.log('open'));
  client.on('failure', () => console.log('failure'));
`;

/** Starts a reconnecting client in a process of its own. Returns it, and its next line. */
function startClient(port: number): { child: ChildProcess; next: () => Promise<string> } {
  const flags = ['--conditions=ws101-source', '--import', 'tsx', '--input-type=module', '--eval', CLIENT];
  const child = spawn(process.execPath, [...flags, `ws://127.0.0.1:${port}/`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value };
}

test('a process that is stopped, as by a laptop that sleeps, is given up, and connects again when it wakes', async () => {
  const { server, port } = await listening();
  const accepted = once(server, 'connection');
  const { child, next } = startClient(port);
  expect(await next()).toBe('open');
  const [first] = await accepted;
  const acceptedAgain = once(server, 'connection');
  child.kill('SIGSTOP');
  // The kernel of the sleeper still acknowledges, so only the missing Pong shows that nobody is there.
  expect(await first.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
  child.kill('SIGCONT');
  expect(await next()).toBe('failure');
  expect(await next()).toBe('open');
  const [second] = await acceptedAgain;
  expect(second.state).toBe('open');
});

test('a process that only hangs for less than the timeout keeps its connection', async () => {
  const { server, port } = await listening();
  const accepted = once(server, 'connection');
  const { child, next } = startClient(port);
  expect(await next()).toBe('open');
  const [connection] = await accepted;
  child.kill('SIGSTOP');
  const pinged = connection.ping();
  child.kill('SIGCONT');
  expect(await pinged).toBeGreaterThan(0);
  expect(connection.state).toBe('open');
});
