import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { GraphQLSchema } from 'graphql';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { SubscriptionClient, SubscriptionServer } from 'subscriptions-transport-ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { listen } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

// Vite would take its ES modules, which differ from those that graphql-ws gets.
const { buildSchema, execute, subscribe } = createRequire(import.meta.url)('graphql') as typeof import('graphql');

const schema: GraphQLSchema = buildSchema(`
  type Query { echo(text: String): String }
  type Subscription { count(to: Int!): Int forever: Int }
`);

const rootValue = {
  echo: ({ text }: { text: string }) => text,
  async *count({ to }: { to: number }) {
    for (let count = 1; count <= to; count++) yield { count };
  },
  forever: () => forever(),
};

/** Set by forever() while a subscription to it runs. */
let stopped = deferred();

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>(done => {
    resolve = done;
  });
  return { promise, resolve };
}

async function* forever() {
  try {
    for (let forever = 0; ; forever++) {
      yield { forever };
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  } finally {
    stopped.resolve();
  }
}

describe('graphql-ws', () => {
  async function start(serverOptions: object = {}, clientOptions: Partial<ClientOptions> = {}, keepAlive?: number) {
    const httpServer = createServer();
    const server = new WebSocketServer({ server: httpServer, path: '/graphql' });
    const running = useServer(
      { schema, roots: { query: rootValue, subscription: rootValue }, ...serverOptions },
      server,
      keepAlive,
    );
    const url = `ws://127.0.0.1:${await listen(httpServer)}/graphql`;
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...clientOptions });
    onTestFinished(async () => {
      await client.dispose();
      await running.dispose();
    });
    return { client, server, url };
  }

  const all = async (client: Client, query: string) => {
    const results: unknown[] = [];
    for await (const { data, errors } of client.iterate({ query })) results.push(errors ?? data);
    return results;
  };

  test('a query, and a subscription of 100 events', async () => {
    const openings = countOpenings();
    const { client, server } = await start({}, { lazy: false });
    expect(await all(client, '{ echo(text: "κόσμε") }')).toEqual([{ echo: 'κόσμε' }]);
    const counts = await all(client, 'subscription { count(to: 100) }');
    expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => ({ count: index + 1 })));
    expect([...server.clients].map(({ protocol }) => protocol)).toEqual(['graphql-transport-ws']);
    expect(openings()).toEqual({ clients: 1, servers: 1 });
  });

  test('many operations share one connection', async () => {
    const { client, server } = await start();
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`);
    const results = await Promise.all(texts.map(text => all(client, `{ echo(text: "${text}") }`)));
    expect(results).toEqual(texts.map(text => [{ echo: text }]));
    expect(server.clients.size).toBe(1);
  });

  test('ending an iteration stops the subscription on the server', async () => {
    const { client } = await start();
    stopped = deferred();
    for await (const { data } of client.iterate<{ forever: number }>({ query: 'subscription { forever }' })) {
      if (data!.forever === 3) break;
    }
    await stopped.promise;
  });

  test('a refused connection_init closes with 4403', async () => {
    const { client } = await start({ onConnect: () => false }, { lazy: true });
    await expect(all(client, '{ echo(text: "x") }')).rejects.toMatchObject({ code: 4403, reason: 'Forbidden' });
  });

  test('graphql-ws sets handleProtocols, which accepts no subprotocol but its own', async () => {
    const { url } = await start();
    const [error] = await once(new WebSocket(url, 'chat'), 'error');
    expect(error.message).toBe('Server sent no subprotocol');
  });

  test('the keepalive of graphql-ws ends a client that answers no Ping', async () => {
    const { url, server } = await start({}, {}, 20);
    const socket = new WebSocket(url, 'graphql-transport-ws', { autoPong: false });
    const peerClosed = once(server, 'connection').then(([peer]) => once(peer, 'close'));
    expect((await once(socket, 'close'))[0]).toBe(1006);
    expect((await peerClosed)[0]).toBe(1006);
  });

  test('a client reconnects and resumes its subscription', async () => {
    const { client, server } = await start(
      {},
      { retryAttempts: 5, retryWait: () => Promise.resolve(), shouldRetry: () => true },
    );
    let connections = 0;
    client.on('connected', () => connections++);
    let seen = 0;
    for await (const { data } of client.iterate<{ forever: number }>({ query: 'subscription { forever }' })) {
      if (data?.forever === 2 && connections === 1) for (const peer of server.clients) peer.terminate();
      if (connections === 2 && ++seen === 2) break;
    }
    expect(connections).toBe(2);
  });
});

describe('subscriptions-transport-ws', () => {
  test('a query and a subscription', async () => {
    const openings = countOpenings();
    const httpServer = createServer();
    const url = `ws://127.0.0.1:${await listen(httpServer)}/`;
    const parameters: string[] = [];
    const server = SubscriptionServer.create(
      {
        schema,
        rootValue,
        execute: execute as never,
        subscribe: subscribe as never,
        onConnect: ({ token }: { token: string }) => void parameters.push(token),
      },
      { server: httpServer },
    );
    const client = new SubscriptionClient(url, { connectionParams: { token: 'secret' } }, WebSocket);
    onTestFinished(() => {
      client.close();
      server.close();
    });
    const all = (query: string) =>
      new Promise<unknown[]>((resolve, reject) => {
        const results: unknown[] = [];
        const observer = {
          next: ({ data, errors }: { data?: unknown; errors?: unknown }) => void results.push(errors ?? data),
        };
        client.request({ query }).subscribe({ ...observer, error: reject, complete: () => resolve(results) });
      });
    expect(await all('{ echo(text: "hello") }')).toEqual([{ echo: 'hello' }]);
    const counts = await all('subscription { count(to: 20) }');
    expect(counts).toEqual(Array.from({ length: 20 }, (_, index) => ({ count: index + 1 })));
    expect(parameters).toEqual(['secret']);
    expect(openings()).toEqual({ clients: 1, servers: 1 });
  });
});
