import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import fastifyWebsocket from '@fastify/websocket';
import crossws from 'crossws/adapters/node';
import express from 'express';
import expressWs from 'express-ws';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { listen } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

const require = createRequire(import.meta.url);

/** Opens a client that keeps what it receives. */
async function open(url: string) {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  const received: string[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data: RawData) => {
    received.push(String(data));
    waiting.shift()?.();
  });
  await once(socket, 'open');
  const next = async (): Promise<string> => {
    if (received.length === 0) await new Promise<void>(resolve => waiting.push(resolve));
    return received.shift()!;
  };
  return { socket, next };
}

async function refusal(url: string): Promise<string> {
  const [error] = (await once(new WebSocket(url), 'error', { signal: AbortSignal.timeout(5000) })) as [Error];
  return error.message;
}

test('@fastify/websocket passes the tests in its package', async () => {
  const folder = dirname(require.resolve('@fastify/websocket'));
  const files = ['base', 'hooks', 'inject', 'router'].map(name => `test/${name}.test.js`);
  const args = ['--test', '--test-reporter=tap', ...files];
  // A parent's NODE_TEST_CONTEXT changes the output.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: 60_000 });
  expect(stdout).toMatch(/^# pass 67$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
}, 70_000);

test('@fastify/websocket: routes, hooks, a broadcast and injectWS()', async () => {
  const openings = countOpenings();
  const app = fastify();
  await app.register(fastifyWebsocket, { options: { maxPayload: 1000 } });
  app.get('/room/:name', { websocket: true }, (socket, request) => {
    const { name } = request.params as { name: string };
    socket.on('message', data => {
      for (const client of app.websocketServer.clients) client.send(`${name}: ${data}`);
    });
  });
  app.get('/private', { websocket: true, preValidation: async (_, reply) => reply.code(401).send() }, () => {});
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  const url = `ws://127.0.0.1:${(app.server.address() as { port: number }).port}`;
  const [one, two] = [await open(`${url}/room/red`), await open(`${url}/room/blue`)];
  one.socket.send('hello');
  expect([await one.next(), await two.next()]).toEqual(['red: hello', 'red: hello']);
  expect(await refusal(`${url}/private`)).toBe('Unexpected server response: 401');
  const closed = once(two.socket, 'close');
  two.socket.send('x'.repeat(1001));
  expect((await closed)[0]).toBe(1009);
  const injected = await app.injectWS('/room/green');
  const answer = once(injected, 'message');
  injected.send('injected');
  expect(String((await answer)[0])).toBe('green: injected');
  injected.terminate();
  expect(openings()).toEqual({ clients: 3, servers: 3 });
});

test('express-ws: routes, middleware and getWss()', async () => {
  const openings = countOpenings();
  const { app, getWss } = expressWs(express() as never);
  app.use((request, _, next) => {
    Object.assign(request, { user: request.headers['x-user'] ?? 'anyone' });
    next();
  });
  app.ws('/chat/:room', (socket, request) => {
    const { user } = request as unknown as { user: string };
    socket.on('message', (data: unknown) => {
      for (const client of getWss().clients) client.send(`${user} in ${request.params.room}: ${data}`);
    });
  });
  app.get('/plain', (_, response) => void response.send('plain'));
  const httpServer = app.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  onTestFinished(() => void httpServer.close());
  const { port } = httpServer.address() as { port: number };
  const client = await open(`ws://127.0.0.1:${port}/chat/red`);
  client.socket.send('hello');
  expect(await client.next()).toBe('anyone in red: hello');
  expect(await (await fetch(`http://127.0.0.1:${port}/plain`)).text()).toBe('plain');
  const lost = new WebSocket(`ws://127.0.0.1:${port}/nowhere`);
  expect((await once(lost, 'close'))[0]).toBeGreaterThan(1000);
  expect(openings()).toMatchObject({ clients: 2, servers: 2 });
});

test('crossws: hooks, peers and topics on a WebSocketServer that it is given', async () => {
  const openings = countOpenings();
  const wss = new WebSocketServer({ noServer: true });
  const adapter = crossws({
    wss: wss as never,
    hooks: {
      upgrade: request => {
        if (new URL(request.url).pathname === '/refused') throw new Response('no', { status: 403 });
      },
      open: peer => {
        peer.subscribe('news');
        peer.send(`welcome from ${peer.remoteAddress}`);
      },
      message: (peer, message) => void peer.publish('news', message.text()),
    },
  });
  const httpServer = createServer();
  httpServer.on('upgrade', (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
  const url = `ws://127.0.0.1:${await listen(httpServer)}`;
  const [one, two] = [await open(url), await open(url)];
  expect([await one.next(), await two.next()]).toEqual(['welcome from 127.0.0.1', 'welcome from 127.0.0.1']);
  one.socket.send('extra, extra');
  expect(await two.next()).toBe('extra, extra');
  expect(await refusal(`${url}/refused`)).toBe('Unexpected server response: 403');
  const closed = Promise.all([once(one.socket, 'close'), once(two.socket, 'close')]);
  adapter.closeAll(4000, 'bye');
  expect((await closed).map(([code, reason]) => [code, String(reason)])).toEqual([
    [4000, 'bye'],
    [4000, 'bye'],
  ]);
  expect(openings()).toEqual({ clients: 2, servers: 2 });
});
