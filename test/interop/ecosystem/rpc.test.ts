import { once } from 'node:events';
import { createTRPCClient, createWSClient, type WebSocketClientOptions, wsLink } from '@trpc/client';
import { initTRPC, TRPCError } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketProvider } from 'ethers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

test('tRPC: a query, an error, a subscription and a server that asks its clients to reconnect', async () => {
  const openings = countOpenings();
  const { router, procedure } = initTRPC.create();
  const text = (value: unknown) => String(value);
  let stopped = () => {};
  const isStopped = new Promise<void>(resolve => {
    stopped = resolve;
  });
  const api = router({
    echo: procedure.input(text).query(({ input }) => `echo ${input}`),
    fail: procedure.mutation(() => {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'not you' });
    }),
    count: procedure.subscription(async function* ({ signal }) {
      signal?.addEventListener('abort', () => stopped());
      for (let count = 1; count <= 50; count++) yield count;
      await once(signal!, 'abort');
    }),
  });
  const { server, url } = await startServer();
  const handler = applyWSSHandler({
    wss: server,
    router: api,
    keepAlive: { enabled: true, pingMs: 20, pongWaitMs: 5000 },
  });
  const options: WebSocketClientOptions = { url, WebSocket: WebSocket as never, retryDelayMs: () => 5 };
  const socket = createWSClient(options);
  onTestFinished(() => void socket.close());
  const client = createTRPCClient<typeof api>({ links: [wsLink({ client: socket })] });
  expect(await client.echo.query('κόσμε')).toBe('echo κόσμε');
  await expect(client.fail.mutate()).rejects.toMatchObject({ message: 'not you', data: { code: 'FORBIDDEN' } });
  const counts: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const subscription = client.count.subscribe(undefined, {
      onData: count => {
        if (counts.push(count) < 50) return;
        subscription.unsubscribe();
        resolve();
      },
      onError: reject,
    });
  });
  await isStopped;
  expect(counts).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  const reconnected = once(server, 'connection');
  handler.broadcastReconnectNotification();
  await reconnected;
  expect(await client.echo.query('again')).toBe('echo again');
  expect(openings()).toEqual({ clients: 2, servers: 2 });
});

/** Answers the methods of an Ethereum node that the clients below call, and announces a block for each subscription. */
async function startEthereumNode(): Promise<string> {
  const { server, url } = await startServer();
  const results: Record<string, unknown> = {
    eth_chainId: '0x1',
    net_version: '1',
    eth_blockNumber: '0x2a',
    eth_getBalance: '0xde0b6b3a7640000',
    eth_subscribe: '0xabc',
    eth_unsubscribe: true,
  };
  server.on('connection', socket => {
    const send = (message: object) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
    socket.on('message', data => {
      const { id, method } = JSON.parse(String(data));
      if (method in results) send({ id, result: results[method] });
      else send({ id, error: { code: -32601, message: `no method ${method}` } });
      if (method !== 'eth_subscribe') return;
      const block = {
        number: '0x2b',
        hash: `0x${'11'.repeat(32)}`,
        parentHash: `0x${'22'.repeat(32)}`,
        timestamp: '0x5',
      };
      send({ method: 'eth_subscription', params: { subscription: '0xabc', result: block } });
    });
  });
  return url;
}

test('ethers: WebSocketProvider reads, and is told of a block', async () => {
  const openings = countOpenings();
  const provider = new WebSocketProvider(await startEthereumNode());
  expect((await provider.getNetwork()).chainId).toBe(1n);
  expect(await provider.getBalance(`0x${'00'.repeat(20)}`)).toBe(10n ** 18n);
  expect(await provider.getBlockNumber()).toBe(42);
  const block = new Promise(resolve => provider.once('block', resolve));
  expect(await block).toBe(43);
  await expect(provider.send('eth_nothing', [])).rejects.toThrow('no method eth_nothing');
  await provider.destroy();
  expect(openings()).toEqual({ clients: 1, servers: 1 });
});

test('viem: the transport webSocket() reads, and is told of a block', async () => {
  // isows, which viem uses, prefers the WebSocket of the host.
  vi.stubGlobal('WebSocket', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { createPublicClient, webSocket } = await import('viem');
  const openings = countOpenings();
  const client = createPublicClient({ transport: webSocket(await startEthereumNode(), { reconnect: false }) });
  expect(await client.getChainId()).toBe(1);
  expect(await client.getBalance({ address: `0x${'00'.repeat(20)}` })).toBe(10n ** 18n);
  const number = await new Promise((resolve, reject) => {
    const stop = client.watchBlockNumber({
      onBlockNumber: blockNumber => {
        stop();
        resolve(blockNumber);
      },
      onError: reject,
    });
  });
  expect(number).toBe(43n);
  const rpc = await client.transport.getRpcClient();
  rpc.close();
  expect(openings()).toEqual({ clients: 1, servers: 1 });
});
