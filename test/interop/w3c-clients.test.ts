import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ServerOptions, WebSocket, type WebSocketConnection, WebSocketServer } from '../../src/index.js';

/**
 * Clients that other people wrote for the WebSocket of browsers, with ours in its place. Their declarations need those
 * of a browser, so they are loaded without types. By require(), they and what they need
 * are loaded by Node, not by the test runner, so each module exists once.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
const load: (name: string) => any = createRequire(import.meta.url);

const host = globalThis as { WebSocket?: unknown };
const original = host.WebSocket;

beforeAll(() => {
  host.WebSocket = WebSocket;
});

afterAll(() => {
  host.WebSocket = original;
});

/** Opens a server that calls `serve` with each connection. */
async function open(serve: (connection: WebSocketConnection) => void, options: ServerOptions = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close({ timeout: 0 }));
  const failures: unknown[] = [];
  server.on('handlerError', error => failures.push(error));
  server.on('connection', connection => serve(connection));
  await once(server, 'listening');
  return { server, failures, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('graphql-ws', () => {
  test('queries, subscribes and completes, with its own server', async () => {
    const { buildSchema } = load('graphql');
    const { createClient, makeServer } = load('graphql-ws');
    const schema = buildSchema('type Query { hello: String } type Subscription { count: Int }');
    const roots = {
      query: { hello: () => 'world' },
      subscription: {
        count: async function* () {
          for (let count = 1; count <= 3; count++) yield { count };
        },
      },
    };
    const graphql = makeServer({ schema, roots });
    const { url, failures } = await open(
      connection => {
        const closed = graphql.opened(
          {
            protocol: connection.subprotocol,
            send: async (data: string) => void connection.send(data),
            close: (code: number, reason: string) => void connection.close(code, reason),
            onMessage: (listener: (data: string) => Promise<void>) =>
              void connection.on('message', data => listener(String(data))),
          },
          {},
        );
        connection.on('close', ({ code, reason }) => void closed(code, reason));
      },
      { subprotocols: ['graphql-transport-ws'] },
    );
    const events: string[] = [];
    const client = createClient({
      url,
      lazy: false,
      on: { connected: () => events.push('connected'), closed: () => events.push('closed') },
      onNonLazyError: (error: unknown) => events.push(String(error)),
    });
    onTestFinished(() => expect(failures).toEqual([]));
    const results = async (query: string) => {
      const all: unknown[] = [];
      for await (const { data } of client.iterate({ query })) all.push({ ...data });
      return all;
    };
    expect(await results('{ hello }')).toEqual([{ hello: 'world' }]);
    expect(await results('subscription { count }')).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
    await client.dispose();
    expect(events[0]).toBe('connected');
  });
});

describe.each([
  ['reconnecting-websocket', 'reconnecting-websocket'],
  ['partysocket', 'partysocket/ws'],
])('%s', (_, name) => {
  test('echoes, reconnects after the server has closed, and sends what it kept', async () => {
    const loaded = load(name);
    const ReconnectingWebSocket = loaded.default ?? loaded;
    let connections = 0;
    const { url } = await open(connection => {
      const number = ++connections;
      connection.on('message', data => {
        connection.send(`${number}: ${data}`);
        if (number === 1) void connection.close(1012, 'restart');
      });
    });
    const socket = new ReconnectingWebSocket(url, [], { minReconnectionDelay: 1, maxReconnectionDelay: 20 });
    const seen: string[] = [];
    const finished = new Promise<void>(resolve => {
      socket.addEventListener('message', ({ data }: MessageEvent) => {
        seen.push(data);
        if (data.startsWith('2')) resolve();
      });
    });
    socket.addEventListener(
      'close',
      ({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }) => {
        if (seen.length === 1) {
          seen.push(`${code} ${reason} ${wasClean}`);
          socket.send('again');
        }
      },
    );
    socket.send('first');
    await finished;
    expect(seen).toEqual(['1: first', expect.stringMatching(/^1012 restart /), '2: again']);
    socket.close();
  });

  test('reports that nobody listens, and tries again', async () => {
    const loaded = load(name);
    const ReconnectingWebSocket = loaded.default ?? loaded;
    const socket = new ReconnectingWebSocket('ws://127.0.0.1:1/', [], {
      minReconnectionDelay: 1,
      maxReconnectionDelay: 5,
      maxRetries: 2,
    });
    let errors = 0;
    await new Promise<void>(resolve => {
      socket.addEventListener('error', () => {
        if (++errors === 3) resolve();
      });
    });
    socket.close();
    expect(errors).toBe(3);
  });
});

test('y-websocket synchronises two documents through a relay', async () => {
  const { Doc } = load('yjs');
  const { WebsocketProvider } = load('y-websocket');
  const { server, url } = await open(connection => {
    connection.on('message', (data, isBinary) => {
      expect(isBinary).toBe(true);
      server.broadcast(data, { filter: other => other !== connection });
    });
  });
  const join = () => {
    const document = new Doc();
    const provider = new WebsocketProvider(url, 'room', document, { disableBc: true });
    onTestFinished(() => provider.destroy());
    return { document, provider };
  };
  const first = join();
  first.document.getText('text').insert(0, 'hello');
  await once(server, 'connection');
  const second = join();
  const text = second.document.getText('text');
  await new Promise<void>(resolve => {
    const look = () => text.toString() === 'hello' && resolve();
    second.document.on('update', look);
  });
  expect(second.provider.ws).toBeInstanceOf(WebSocket);
  text.insert(5, ' world');
  await new Promise(resolve => first.document.on('update', resolve));
  expect(first.document.getText('text').toString()).toBe('hello world');
});

test('Phoenix joins a channel, pushes, receives a broadcast, and leaves', async () => {
  const { Socket } = load('phoenix');
  const { url } = await open(connection => {
    connection.on('message', data => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
      const reply = (response: unknown) =>
        connection.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]));
      reply(event === 'shout' ? { heard: payload.text } : {});
      if (event === 'shout') connection.send(JSON.stringify([joinRef, null, topic, 'echo', payload]));
    });
  });
  const socket = new Socket(`${url}/socket`, { params: { token: 'a' } });
  socket.connect();
  const channel = socket.channel('room:lobby', {});
  const answer = (push: { receive(status: string, callback: (response: unknown) => void): unknown }) =>
    new Promise(resolve => push.receive('ok', resolve));
  await answer(channel.join());
  expect(socket.conn).toBeInstanceOf(WebSocket);
  const broadcast = new Promise(resolve => channel.on('echo', resolve));
  expect(await answer(channel.push('shout', { text: 'hi' }))).toEqual({ heard: 'hi' });
  expect(await broadcast).toEqual({ text: 'hi' });
  await answer(channel.leave());
  await new Promise<void>(resolve => socket.disconnect(resolve));
});

test('SignalR invokes a method, receives a call, and stops', async () => {
  const { HttpTransportType, HubConnectionBuilder, LogLevel } = load('@microsoft/signalr');
  const END = '\u001e';
  const { server, url } = await open(connection => {
    connection.on('message', data => {
      for (const text of String(data).split(END).slice(0, -1)) {
        const { protocol, type, invocationId, arguments: args } = JSON.parse(text);
        if (protocol !== undefined) connection.send(`{}${END}`);
        if (type !== 1) continue;
        const call = { type: 1, target: 'announce', arguments: args };
        const completion = { type: 3, invocationId, result: args[0] + args[1] };
        connection.send(`${JSON.stringify(call)}${END}${JSON.stringify(completion)}${END}`);
      }
    });
  });
  const hub = new HubConnectionBuilder()
    .withUrl(url.replace('ws:', 'http:'), {
      skipNegotiation: true,
      transport: HttpTransportType.WebSockets,
      // On Node.js, SignalR does not look at globalThis. It passes `headers` in a third argument.
      WebSocket,
      headers: { 'X-Test': 'a' },
      // It is asked for cookies only, since nothing is negotiated by HTTP.
      httpClient: { getCookieString: () => 'a=b' },
    })
    .configureLogging(LogLevel.Error)
    .build();
  const requested = once(server, 'connection');
  const announced = new Promise(resolve => hub.on('announce', (...args: unknown[]) => resolve(args)));
  await hub.start();
  const [, request] = await requested;
  expect([request.headers.get('X-Test'), request.headers.get('Cookie')]).toEqual(['a', 'a=b']);
  expect(await hub.invoke('add', 2, 3)).toBe(5);
  expect(await announced).toEqual([2, 3]);
  await hub.stop();
  expect(hub.state).toBe('Disconnected');
});
