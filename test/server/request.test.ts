import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { expect, expectTypeOf, test } from 'vitest';
import { connect, Refusal, WebSocketConnection, WebSocketServer } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { httpServer } from '../helpers/http-server.js';
import { openServer, watch } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

interface User {
  readonly name: string;
}

type Upgrade = [request: IncomingMessage & { session?: User }, socket: Duplex, head: Buffer];

/** A middleware as Express has them, which reads the session of a cookie. */
function sessions(incoming: Upgrade[0], _response: unknown, next: () => void): void {
  incoming.session = { name: incoming.headers.cookie?.replace('user=', '') ?? 'nobody' };
  setImmediate(next);
}

test('authorize() and the connection see what a middleware set on the request of node:http', async () => {
  const { server: http, port } = await httpServer();
  const server = new WebSocketServer({
    noServer: true,
    authorize: ({ incoming }) => (incoming as Upgrade[0]).session!,
  });
  const { requests } = watch(server);
  http.on('upgrade', (...[incoming, socket, head]: Upgrade) =>
    sessions(incoming, {}, () => void server.handleUpgrade(incoming, socket, head)),
  );
  const client = await connect(`ws://127.0.0.1:${port}/`, { headers: { Cookie: 'user=ada' } });
  await expect.poll(() => requests.length).toBe(1);
  expect([...server.clients].map(({ context }) => context)).toEqual([{ name: 'ada' }]);
  expect(requests[0]!.incoming?.headers.cookie).toBe('user=ada');
  client.terminate();
});

test('an attached server passes on the request of node:http, to authorize() and connection', async () => {
  const { server: http, port } = await httpServer();
  const server = new WebSocketServer({ server: http, authorize: ({ incoming }) => incoming!.url });
  const { requests } = watch(server);
  const client = await connect(`ws://127.0.0.1:${port}/a?b`);
  await expect.poll(() => requests.length).toBe(1);
  expect([requests[0]!.context, requests[0]!.incoming!.url]).toEqual(['/a?b', '/a?b']);
  client.terminate();
});

test.each([
  ['a path', 404, { Origin: undefined }, 'GET /other HTTP/1.1'],
  ['an Origin', 403, { Origin: 'https://evil.example' }, 'GET /chat HTTP/1.1'],
  ['a missing key', 400, { 'Sec-WebSocket-Key': undefined }, 'GET /chat HTTP/1.1'],
])('`refused` gets the request, with transport and incoming, that was refused for %s', async (_, status, set, line) => {
  const { server: http, port } = await httpServer();
  const { refusals } = watch(new WebSocketServer({ server: http, path: '/chat' }));
  const peer = await rawConnect(port);
  peer.write(request({ line, set }));
  await peer.ended;
  const [refusedWith, refused] = refusals[0]!;
  expect(refusedWith).toBe(status);
  expect(refused).toMatchObject({
    method: 'GET',
    target: line.split(' ')[1],
    host: 'server.example.com',
    transport: { remoteAddress: '127.0.0.1' },
    incoming: { url: line.split(' ')[1] },
  });
});

test('a server with a port of its own has no request of node:http', async () => {
  const { port, requests, refusals } = await openServer({ path: '/chat' });
  const client = await connect(`ws://127.0.0.1:${port}/chat`);
  await connect(`ws://127.0.0.1:${port}/`).catch(() => {});
  expect(requests[0]).toMatchObject({ incoming: undefined });
  expect(refusals[0]![1]).toMatchObject({ path: '/', incoming: undefined, transport: { remoteAddress: '127.0.0.1' } });
  client.terminate();
});

/** Passes one upgrade to `server`, with these options, and returns what handleUpgrade() returns, and the client's side. */
async function upgraded<Context>(
  server: WebSocketServer<Context>,
  options?: Parameters<WebSocketServer<Context>['handleUpgrade']>[3],
) {
  const { server: http, port } = await httpServer();
  const peer = await rawConnect(port);
  const upgrade = once(http, 'upgrade') as Promise<Upgrade>;
  peer.write(request());
  const outcome = upgrade.then(([incoming, socket, head]) => server.handleUpgrade(incoming, socket, head, options));
  return { outcome, peer };
}

test('handleUpgrade() returns the connection, which has the context, as has the request', async () => {
  const server = new WebSocketServer<User>({ noServer: true });
  const { requests, connections } = watch(server);
  const { outcome } = await upgraded(server, { context: { name: 'ada' } });
  const connection = await outcome;
  expect(connection).toBeInstanceOf(WebSocketConnection);
  expect(connection).toBe(connections[0]);
  expect((connection as WebSocketConnection<User>).context).toEqual({ name: 'ada' });
  expect(requests[0]!.context).toEqual({ name: 'ada' });
});

test('the context of handleUpgrade() takes the place of authorize()', async () => {
  const server = new WebSocketServer<string>({ noServer: true, authorize: () => false });
  watch(server);
  const { outcome } = await upgraded(server, { context: Promise.resolve('ada') });
  expect(((await outcome) as WebSocketConnection).context).toBe('ada');
});

test.each<[context: unknown, status: number]>([
  [null, 403],
  [false, 403],
  [undefined, 500],
  [{ status: 401 }, 401],
  [{ status: 1, id: 2 }, 500],
  [Promise.resolve(null), 403],
])('handleUpgrade() with the context %j returns a refusal with %i', async (context, status) => {
  const server = new WebSocketServer({ noServer: true });
  const { connections } = watch(server);
  const { outcome, peer } = await upgraded(server, { context });
  const refusal = await outcome;
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ status });
  expect(await peer.head()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(connections).toEqual([]);
});

test('handleUpgrade() returns undefined if the client leaves while authorize() decides', async () => {
  const server = new WebSocketServer({ noServer: true, authorize: () => new Promise<never>(() => {}) });
  watch(server);
  const { outcome, peer } = await upgraded(server);
  peer.socket.destroy();
  expect(await outcome).toBeUndefined();
});

test('handleUpgrade() rejects for an unknown option', async () => {
  const server = new WebSocketServer({ noServer: true });
  watch(server);
  const { outcome, peer } = await upgraded(server, { contxt: 1 } as never);
  await expect(outcome).rejects.toThrow("unknown option 'contxt': did you mean 'context'?");
  peer.socket.destroy();
});

test('a function `headers` before `authorize` leaves the type of the context to authorize()', () => {
  const before = () =>
    new WebSocketServer({
      noServer: true,
      headers: request => ({ 'X-Path': request.path }),
      authorize: async (request, { signal }) => (signal.aborted ? null : { name: request.path }),
    });
  expectTypeOf(before).returns.toEqualTypeOf<WebSocketServer<{ name: string }>>();
  const after = () =>
    new WebSocketServer({
      noServer: true,
      authorize: request => ({ name: request.path }),
      headers: ({ context }) => ({ 'X-Context': String(context) }),
    });
  expectTypeOf(after).returns.toEqualTypeOf<WebSocketServer<{ name: string }>>();
});

test('connection.context has the type that authorize() returns', () => {
  const create = () => new WebSocketServer({ noServer: true, authorize: () => ({ name: 'ada' }) });
  expectTypeOf(create).returns.toEqualTypeOf<WebSocketServer<{ name: string }>>();
  expectTypeOf<WebSocketServer<User | { status: number }>['clients']>().toEqualTypeOf<
    ReadonlySet<WebSocketConnection<User>>
  >();
});
